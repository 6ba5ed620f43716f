"""Every shipped profile through the suite that other packages use for their connectors."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.adapters.conformance.platform_stands import (
    CommitmentStand,
    CountySiteStand,
    PublishedPenaltyStand,
    SafetyCreditStand,
    SafetyUnitStand,
    TransportCreditStand,
    TransportDriverStand,
)
from tests.adapters.conformance.stands import (
    AsyncSerialStand,
    CreditShandongStand,
    CsvFolderStand,
    FrontDatabaseStand,
    SdGatewayStand,
    UploadStand,
    VoidAndInsertStand,
    WebStand,
)
from xinqiao.adapters.base import BatchProgress
from xinqiao.adapters.profile import SHIPPED
from xinqiao.simulator.process import SimulatorProcess, start
from xinqiao.testing import ConnectorConformance, Fault, Stand
from xinqiao.testing.trial import Trial


@pytest.fixture(scope="module")
def credit_shandong() -> Iterator[SimulatorProcess]:
    with start("credit_shandong") as running:
        yield running


@pytest.fixture(scope="module")
def sd_gateway_credit() -> Iterator[SimulatorProcess]:
    with start("sd_gateway_credit") as running:
        yield running


@pytest.fixture(scope="module")
def async_serial() -> Iterator[SimulatorProcess]:
    with start("async_serial") as running:
        yield running


@pytest.fixture(scope="module")
def transport_credit() -> Iterator[SimulatorProcess]:
    with start("transport_credit") as running:
        yield running


@pytest.fixture(scope="module")
def safety_credit() -> Iterator[SimulatorProcess]:
    with start("safety_credit") as running:
        yield running


@pytest.fixture(scope="module")
def county_site() -> Iterator[SimulatorProcess]:
    with start("county_site") as running:
        yield running


class TestTransportCredit(ConnectorConformance):
    @pytest.fixture
    def stand(self, transport_credit: SimulatorProcess) -> Stand:
        return TransportCreditStand(transport_credit)


class TestTransportCreditDrivers(ConnectorConformance):
    @pytest.fixture
    def stand(self, transport_credit: SimulatorProcess) -> Stand:
        return TransportDriverStand(transport_credit)


class TestSafetyCredit(ConnectorConformance):
    @pytest.fixture
    def stand(self, safety_credit: SimulatorProcess) -> Stand:
        return SafetyCreditStand(safety_credit)


class TestSafetyCreditUnits(ConnectorConformance):
    @pytest.fixture
    def stand(self, safety_credit: SimulatorProcess) -> Stand:
        return SafetyUnitStand(safety_credit)


class TestCountySite(ConnectorConformance):
    @pytest.fixture
    def stand(self, county_site: SimulatorProcess) -> Stand:
        return CountySiteStand(county_site)


class TestCountySitePenalties(ConnectorConformance):
    @pytest.fixture
    def stand(self, county_site: SimulatorProcess) -> Stand:
        return PublishedPenaltyStand(county_site)


class TestCreditShandongCommitments(ConnectorConformance):
    @pytest.fixture
    def stand(self, credit_shandong: SimulatorProcess) -> Stand:
        return CommitmentStand(credit_shandong)


class TestCreditShandong(ConnectorConformance):
    @pytest.fixture
    def stand(self, credit_shandong: SimulatorProcess) -> Stand:
        return CreditShandongStand(credit_shandong)


class TestSdGatewayCredit(ConnectorConformance):
    @pytest.fixture
    def stand(self, sd_gateway_credit: SimulatorProcess) -> Stand:
        return SdGatewayStand(sd_gateway_credit)


class TestAsyncSerial(ConnectorConformance):
    @pytest.fixture
    def stand(self, async_serial: SimulatorProcess) -> Stand:
        return AsyncSerialStand(async_serial)


@pytest.fixture(scope="module")
def transport_csv_folder(workspace: Path) -> Iterator[SimulatorProcess]:
    with start("transport_csv_folder", where=str(workspace / "csv")) as running:
        yield running


@pytest.fixture(scope="module")
def credit_template_2018(workspace: Path) -> Iterator[SimulatorProcess]:
    with start("credit_template_2018", where=str(workspace / "page")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outer") / "workspace"


class TestTransportCsvFolder(ConnectorConformance):
    @pytest.fixture
    def stand(self, transport_csv_folder: SimulatorProcess, workspace: Path) -> Stand:
        return CsvFolderStand(transport_csv_folder, workspace / "csv")


class TestCreditTemplate2018(ConnectorConformance):
    @pytest.fixture
    def stand(self, credit_template_2018: SimulatorProcess, workspace: Path) -> Stand:
        return UploadStand(credit_template_2018, workspace / "page")


@pytest.fixture(scope="module")
def credit_frontdb_2018(workspace: Path) -> Iterator[SimulatorProcess]:
    workspace.mkdir(exist_ok=True)
    with start("credit_frontdb_2018", where=f"sqlite:///{workspace / 'front.db'}") as running:
        yield running


@pytest.fixture(scope="module")
def void_and_insert(workspace: Path) -> Iterator[SimulatorProcess]:
    workspace.mkdir(exist_ok=True)
    with start("void_and_insert", where=f"sqlite:///{workspace / 'void.db'}") as running:
        yield running


class TestCreditFrontdb2018(ConnectorConformance):
    @pytest.fixture
    def stand(self, credit_frontdb_2018: SimulatorProcess, workspace: Path) -> Stand:
        return FrontDatabaseStand(credit_frontdb_2018, workspace / "front.db")


class TestVoidAndInsert(ConnectorConformance):
    @pytest.fixture
    def stand(self, void_and_insert: SimulatorProcess, workspace: Path) -> Stand:
        return VoidAndInsertStand(void_and_insert, workspace / "void.db")


PROVEN = {
    "credit_shandong": TestCreditShandong,
    "sd_gateway_credit": TestSdGatewayCredit,
    "async_serial": TestAsyncSerial,
    "credit_frontdb_2018": TestCreditFrontdb2018,
    "void_and_insert": TestVoidAndInsert,
    "transport_csv_folder": TestTransportCsvFolder,
    "credit_template_2018": TestCreditTemplate2018,
    "transport_credit": TestTransportCredit,
    "safety_credit": TestSafetyCredit,
    "county_site": TestCountySite,
}
"""Shipped profile → the class that proves it."""


def test_every_shipped_profile_is_proven() -> None:
    assert set(PROVEN) == set(SHIPPED)


NO_RECEIPTS = {
    Fault.BATCH_REFUSED_LATER,
    Fault.RECEIPT_LATE,
    Fault.RECEIPT_TWICE,
    Fault.RECEIPT_CONTRADICTORY,
}
LEFT_OUT: Mapping[type[WebStand], set[Fault]] = {
    TransportCreditStand: {Fault.TOKEN_EXPIRED},
    TransportDriverStand: {Fault.TOKEN_EXPIRED},
    SafetyCreditStand: NO_RECEIPTS,
    SafetyUnitStand: NO_RECEIPTS,
    CountySiteStand: {
        Fault.TOKEN_EXPIRED,
        Fault.BATCH_REFUSED_LATER,
        Fault.DUPLICATE_REPORTED,
        Fault.RECEIPT_TWICE,
        Fault.RECEIPT_CONTRADICTORY,
    },
    CommitmentStand: set(),
}
"""Stand → faults that it is not tried with."""


@pytest.mark.parametrize("stand", LEFT_OUT, ids=lambda one: one.__name__)
def test_a_fault_is_left_out_only_where_the_platform_cannot_have_it_and_it_is_said_why(
    stand: type[WebStand],
) -> None:
    assert set(Fault) - set(stand.names) == set(stand.without) == LEFT_OUT[stand]
    assert all(stand.without.values())


def test_a_fault_of_the_page_befalls_the_look_for_the_record_and_no_other_call(
    county_site: SimulatorProcess,
) -> None:
    stand = CountySiteStand(county_site)
    connector = stand.connect()
    try:
        trial = Trial(stand, connector, stand.batch(1))
        trial.submit()
        stand.cause(Fault.UNREADABLE_WHEN_ASKED)
        assert trial.poll().progress is BatchProgress.NO_ANSWER
        assert stand.questions() == [(trial.batch.rows[0].key, "html_page")]
    finally:
        connector.close()
