"""The suite as a whole: subclass it, give it a stand, let pytest run it."""

from collections.abc import Iterator

import pytest

from xinqiao.adapters.base import Connector
from xinqiao.testing.answering import Answering
from xinqiao.testing.delivering import Delivering
from xinqiao.testing.failing import Failing
from xinqiao.testing.secrecy import Secrecy
from xinqiao.testing.stand import Stand


class ConnectorConformance(Delivering, Answering, Failing, Secrecy):
    """Everything that a connector must keep to, one test for each promise."""

    @pytest.fixture
    def stand(self) -> Stand:
        """Return the platform to prove the connector on; every subclass has its own."""
        raise NotImplementedError("请在子类中定义夹具 stand，返回一个 Stand")

    @pytest.fixture
    def connector(self, stand: Stand) -> Iterator[Connector]:
        """Give a connector of the usual kind."""
        made = stand.connect()
        yield made
        made.close()
