"""Stands for the platforms that the bureau reports to, for the kinds that each receives."""

from collections.abc import Mapping
from typing import ClassVar

from tests.adapters.conformance.samples import sample
from tests.adapters.conformance.stands import FAULTS, CreditShandongStand, WebStand
from xinqiao.adapters.base import Operation
from xinqiao.simulator.process import SimulatorProcess
from xinqiao.testing import Fault

_NO_TOKENS = {Fault.TOKEN_EXPIRED: "it knows no tokens"}
_AT_ONCE = "it decides in the answer and has no receipts"
_NO_LATER_ANSWER = dict.fromkeys(
    (
        Fault.BATCH_REFUSED_LATER,
        Fault.RECEIPT_LATE,
        Fault.RECEIPT_TWICE,
        Fault.RECEIPT_CONTRADICTORY,
    ),
    _AT_ONCE,
)
_PAGE = "its receipt is a page that shows an article or does not"
_NO_LIST_OF_ROWS = {
    Fault.BATCH_REFUSED_LATER: _PAGE,
    Fault.DUPLICATE_REPORTED: "it has no answer that says that an article was taken as a duplicate",
    Fault.RECEIPT_TWICE: _PAGE,
    Fault.RECEIPT_CONTRADICTORY: _PAGE,
}


def _but(without: Mapping[Fault, str]) -> Mapping[Fault, tuple[str, str]]:
    return {fault: name for fault, name in FAULTS.items() if fault not in without}


class _SampleStand(WebStand):
    """Rows of one kind. A take-down is a withdrawal where the platform knows no difference."""

    operations = frozenset(Operation)

    def values(self, key: str, _operation: Operation, version: int) -> Mapping[str, str]:
        return sample(self.platform, self.kind, key, version)


class TransportCreditStand(_SampleStand):
    """信用交通·山东: signed messages in XML."""

    kind = "operator"
    edition = "2026"
    credentials: ClassVar[Mapping[str, str]] = {
        "app_id": "xinqiao-demo",
        "app_secret": "rehearsal-only",
    }
    without: ClassVar[Mapping[Fault, str]] = _NO_TOKENS
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = _but(without)


class TransportDriverStand(TransportCreditStand):
    """The same with drivers, whose identity numbers travel."""

    kind = "driver_assessment"


class SafetyCreditStand(_SampleStand):
    """The safety-credit platform: every row is decided in the answer."""

    kind = "safety_info"
    edition = "2026"
    credentials: ClassVar[Mapping[str, str]] = {
        "username": "xinqiao-demo",
        "password": "rehearsal-only",
    }
    without: ClassVar[Mapping[Fault, str]] = _NO_LATER_ANSWER
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = _but(without)


class SafetyUnitStand(SafetyCreditStand):
    """The same with the base data of operators."""

    kind = "operator"


class CountySiteStand(_SampleStand):
    """The county site: one article a delivery, and its page is the receipt."""

    kind = "permit"
    edition = "2018"
    most_rows = 1
    # a newer version is never told by a page: that is waited for in vain
    patience = 2.0
    credentials: ClassVar[Mapping[str, str]] = {"site_key": "rehearsal-only"}
    without: ClassVar[Mapping[Fault, str]] = _NO_TOKENS | _NO_LIST_OF_ROWS
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = _but(without)

    def questions(self) -> list[tuple[str, str | None]]:
        """Return the number that each look at a page was for, and the fault that befell it."""
        asked = self._running.received()["queries"]
        return [
            (one["parameters"].get("number", ""), one["fault"])
            for one in asked
            if one["query"] == "page"
        ]

    def effects(self) -> Mapping[str, int]:
        received = self._running.received()
        assert received["identityNumbers"] == []
        # where joint offenders stand under one number the book names them as well
        counted: dict[str, int] = received["effects"]
        return {name.partition("｜")[0]: count for name, count in counted.items()}


class PublishedPenaltyStand(CountySiteStand):
    """The same with penalties, of which several may stand under one number."""

    kind = "penalty"


class CommitmentStand(_SampleStand, CreditShandongStand):
    """信用·山东 with commitments."""

    kind = "commitment"
    edition = "2022"

    def __init__(self, running: SimulatorProcess) -> None:
        super().__init__(running)
        self._made = 0

    def fresh_key(self) -> str:
        self._made += 1
        return f"37032320261120{self._made:06d}"
