"""The conformance suite for connectors: what each must keep to, proven from outside (一致性测试).

Public and stable: the names below, the members of :class:`Stand` and the meaning of faults and
variations. New tests, faults and variations may come with any minor release; a stand that does not
offer them has them skipped, with the reason printed. Needs pytest: ``xinqiao[testing]``.

::

    from xinqiao.testing import ConnectorConformance, Stand

    class TestOurs(ConnectorConformance):
        @pytest.fixture
        def stand(self):
            ...
"""

try:
    import pytest
except ImportError as error:
    raise ImportError(
        "xinqiao.testing 需要 pytest，请安装 xinqiao[testing]（pip install 'xinqiao[testing]'）",
        name="pytest",
    ) from error

# before the modules are loaded: a failed test then shows what the values were
for _module in ("answering", "delivering", "failing", "secrecy", "trial"):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")

from xinqiao.testing.conformance import ConnectorConformance  # noqa: E402 - see above
from xinqiao.testing.stand import Fault, Stand, Variation  # noqa: E402 - see above

__all__ = ["ConnectorConformance", "Fault", "Stand", "Variation"]
