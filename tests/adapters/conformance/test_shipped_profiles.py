"""Every shipped profile through the suite that other packages use for their connectors."""

from collections.abc import Iterator

import pytest

from tests.adapters.conformance.stands import CreditShandongStand
from xinqiao.adapters.profile import SHIPPED
from xinqiao.simulator.process import SimulatorProcess, start
from xinqiao.testing import ConnectorConformance, Stand


@pytest.fixture(scope="module")
def credit_shandong() -> Iterator[SimulatorProcess]:
    with start("credit_shandong") as running:
        yield running


class TestCreditShandong(ConnectorConformance):
    @pytest.fixture
    def stand(self, credit_shandong: SimulatorProcess) -> Stand:
        return CreditShandongStand(credit_shandong)


PROVEN = {"credit_shandong": TestCreditShandong}
"""Shipped profile → the class that proves it."""


def test_every_shipped_profile_is_proven() -> None:
    assert set(PROVEN) == set(SHIPPED)
