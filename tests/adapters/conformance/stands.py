"""Stands of the suite for the shipped profiles: each with its stand-in in a process of its own."""

import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar

from xinqiao.adapters.base import Connector, Credentials, Operation, SealedBatch, Surroundings
from xinqiao.adapters.connector import build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock
from xinqiao.mapping.registry import format_for
from xinqiao.simulator.exchange_db import load_layout
from xinqiao.simulator.process import SimulatorProcess
from xinqiao.testing import Fault, Stand, Variation

SECRET = "s3cret-of-the-county"
CLOSED = "http://127.0.0.1:9"
"""The discard port, on which nobody listens."""

_FIRM = "沂源测试汽车维修有限公司"


def permit(key: str, operation: Operation, version: int) -> dict[str, str]:
    """Return a permit in the codes of the 2018 edition; a withdrawal says that it is void."""
    blank = {field.code: "" for field in format_for("credit_shandong", "permit").table.fields}
    return blank | {
        "XK_XDR_MC": _FIRM,
        "XK_WSH": key,
        "XK_JDRQ": "2026/11/20",
        "XK_XKLB": "普通",
        "XK_NR": f"道路旅客运输站经营第{version}次",
        "XK_ZT": "2" if operation is Operation.WITHDRAW else "1",
    }


FAULTS: Mapping[Fault, tuple[str, str]] = {
    Fault.SILENT_BEFORE: ("timeout_before", "submissions"),
    Fault.SILENT_AFTER: ("timeout_after_commit", "submissions"),
    Fault.RESET_MID_ANSWER: ("reset_mid_answer", "submissions"),
    Fault.SERVER_ERROR_BEFORE: ("refuse_5xx_before", "submissions"),
    Fault.SERVER_ERROR_AFTER: ("http_500_after_commit", "submissions"),
    Fault.HTML_PAGE: ("html_page", "submissions"),
    Fault.WRONG_ENCODING: ("wrong_encoding", "submissions"),
    Fault.FAILURE_INSIDE_SUCCESS: ("error_inside_200", "submissions"),
    Fault.RATE_LIMITED: ("rate_limited", "submissions"),
    Fault.BUSY: ("busy", "submissions"),
    Fault.TOKEN_EXPIRED: ("token_expired", "submissions"),
    Fault.BATCH_REFUSED: ("whole_batch_refused", "submissions"),
    Fault.BATCH_REFUSED_LATER: ("batch_refused_later", "submissions"),
    Fault.ROW_REFUSED: ("partial_rejection", "submissions"),
    Fault.DUPLICATE_REPORTED: ("duplicate_reported", "submissions"),
    Fault.RECEIPT_LATE: ("late_receipts", "submissions"),
    Fault.RECEIPT_TWICE: ("double_receipt", "receipts"),
    Fault.RECEIPT_CONTRADICTORY: ("contradictory_receipt", "receipts"),
    Fault.ROW_VANISHED: ("row_vanished", "submissions"),
    Fault.CLOCK_SKEW: ("clock_skew", "submissions"),
    Fault.UNREADABLE_WHEN_ASKED: ("html_page", "receipts"),
}
"""Fault → the stand-ins' name for it, and the call that it befalls."""


class WebStand(Stand):
    """A shipped profile whose stand-in is reached over HTTP.

    Its platform looks at what is due whenever it is called, so it is quiet at any time.
    """

    operations = frozenset({Operation.INSERT, Operation.UPDATE, Operation.WITHDRAW})
    variations = frozenset(Variation)
    answers_in_bytes = True

    names: ClassVar[Mapping[Fault, tuple[str, str]]]
    """Fault → the stand-in's name for it, and the call that it befalls."""
    credentials: ClassVar[Mapping[str, str]]
    settings: ClassVar[Mapping[str, str]] = {"organisation_code": "11370323MB2826290X"}

    def __init__(self, running: SimulatorProcess) -> None:
        running.reset()
        self._running = running
        self.platform = running.platform
        self.faults = frozenset(self.names)
        self.secrets = tuple(self.credentials.values())

    def connect(self, variation: Variation | None = None) -> Connector:
        transport: dict[str, object] = {"base_url": self._running.base_url}
        if variation is Variation.IMPATIENT:
            transport |= {"read_seconds": 0.6, "total_seconds": 1.2}
        if variation is Variation.UNREACHABLE:
            transport |= {"base_url": CLOSED, "attempts": 1}
        if variation is Variation.ABROAD:
            transport |= {"base_url": "https://platform.invalid"}
        wrong = variation is Variation.WRONG_CREDENTIALS
        shown = {name: "wrong-secret" if wrong else it for name, it in self.credentials.items()}
        return build(
            load_profile(self.platform, {"transport": transport}),
            Surroundings(Credentials(shown), Clock(), settings=self.settings, rehearsal=True),
        )

    def values(self, key: str, operation: Operation, version: int) -> Mapping[str, str]:
        return permit(key, operation, version)

    def effects(self) -> Mapping[str, int]:
        counted: dict[str, int] = self._running.received()["effects"]
        return counted

    def settle(self) -> None:
        """Do nothing: what is due is settled by every look at the book."""

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        if fault is Fault.UNREADABLE_WHEN_ASKED:
            calls = ("receipts", "records", "ledger")
            self._running.queue_faults([{"name": "html_page", "call": call} for call in calls])
            return
        name, call = self.names[fault]
        silent = {"seconds": 20} if fault in {Fault.SILENT_BEFORE, Fault.SILENT_AFTER} else {}
        late = {"seconds": 3000} if fault is Fault.RECEIPT_LATE else {}
        named = {"rows": list(rows)} if rows else {}
        self._running.queue_faults([{"name": name, "call": call, **silent, **late, **named}])


class FolderStand(Stand):
    """Rows go into files of a folder that the stand-in looks into many times a second.

    A reset empties its folders.
    """

    operations = frozenset({Operation.INSERT, Operation.UPDATE, Operation.WITHDRAW})
    variations = frozenset({Variation.UNREACHABLE, Variation.ABROAD})
    names: ClassVar[Mapping[Fault, str]]

    def __init__(self, running: SimulatorProcess, where: Path) -> None:
        running.reset()
        self._running = running
        self._root = where.parent
        self._where = where
        self.platform = running.platform
        self.faults = frozenset(self.names)
        self.secrets = (SECRET,)

    def values(self, key: str, operation: Operation, version: int) -> Mapping[str, str]:
        return permit(key, operation, version)

    def effects(self) -> Mapping[str, int]:
        counted: dict[str, int] = self._running.received()["effects"]
        return counted

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        late = {"seconds": 3000} if fault is Fault.RECEIPT_LATE else {}
        named = {"rows": list(rows)} if rows else {}
        self._running.queue_faults([{"name": self.names[fault], "call": "file", **late, **named}])

    def _made(self, overlay: Mapping[str, object]) -> Connector:
        return build(
            load_profile(self.platform, overlay),
            Surroundings(
                Credentials(dict.fromkeys(("database_user", "database_password"), SECRET)),
                Clock(),
                settings={"organisation_code": "11370323MB2826290X"},
                rehearsal=True,
                root=self._root,
            ),
        )


class CsvFolderStand(FolderStand):
    """CSV files into a folder, receipts out of another one."""

    names: ClassVar[Mapping[Fault, str]] = {
        Fault.BATCH_REFUSED_LATER: "whole_batch_refused",
        Fault.ROW_REFUSED: "partial_rejection",
        Fault.DUPLICATE_REPORTED: "duplicate_reported",
        Fault.RECEIPT_LATE: "late_receipts",
        Fault.RECEIPT_TWICE: "receipt_twice",
        Fault.RECEIPT_CONTRADICTORY: "receipt_contradictory",
    }

    def connect(self, variation: Variation | None = None) -> Connector:
        folder = {
            Variation.UNREACHABLE: self._root / "not-there",
            Variation.ABROAD: self._root.parent,
        }.get(variation or Variation.IMPATIENT, self._where / "in")
        file = {"folder": str(self._where / "out"), "settle_seconds": 0}
        return self._made({"transport": {"folder": str(folder)}, "receipts": {"file": file}})

    def settle(self) -> None:
        """Wait until every flagged file was taken away."""
        wait_until(lambda: not [*(self._where / "in").glob("*.ok")])


class UploadStand(FolderStand):
    """Packages that a clerk uploads; here the clerk is :meth:`settle`."""

    variations = frozenset({Variation.ABROAD})
    names: ClassVar[Mapping[Fault, str]] = {Fault.BATCH_REFUSED_LATER: "whole_batch_refused"}

    def __init__(self, running: SimulatorProcess, where: Path) -> None:
        super().__init__(running, where)
        self._outbox = self._root / f"outbox-{uuid.uuid4().hex}"
        self._sent: dict[str, Operation] = {}

    def connect(self, variation: Variation | None = None) -> Connector:
        abroad = variation is Variation.ABROAD
        folder = self._root.parent / "elsewhere" if abroad else self._outbox
        return self._made({"transport": {"folder": str(folder)}})

    def batch(
        self,
        rows: int = 1,
        operation: Operation = Operation.INSERT,
        *,
        keys: Sequence[str] = (),
        version: int = 1,
    ) -> SealedBatch:
        made = super().batch(rows, operation, keys=keys, version=version)
        self._sent[made.number] = operation
        return made

    def settle(self) -> None:
        """Upload what lies there and was not uploaded yet, and wait for its results."""
        for file in self._outbox.glob("*/*/*"):
            operation = self._sent.get(file.parent.name)
            place = self._where / "uploads" / str(operation) / file.name
            if operation is not None and file.name != "说明.txt" and not place.exists():
                part = place.with_name(f".{place.name}")
                part.write_bytes(file.read_bytes())
                part.rename(place)
        uploaded = [file.name for file in (self._where / "uploads").glob("*/[!.]*")]
        results = self._where / "results"
        wait_until(lambda: all((results / f"{name}_result.xlsx").exists() for name in uploaded))


class ExchangeDbStand(FolderStand):
    """Rows go into tables of a database in a file, and are answered on the same rows."""

    names: ClassVar[Mapping[Fault, str]] = {
        Fault.BATCH_REFUSED_LATER: "batch_of_row_refused",
        Fault.ROW_REFUSED: "row_refused",
        Fault.RECEIPT_LATE: "row_late",
    }
    _last: SealedBatch

    def connect(self, variation: Variation | None = None) -> Connector:
        path = {
            Variation.UNREACHABLE: self._root / "not-there" / "front.db",
            Variation.ABROAD: self._root.parent / "front.db",
        }.get(variation or Variation.IMPATIENT, self._where)
        return self._made({"transport": {"url": f"sqlite:///{path}"}})

    def batch(
        self,
        rows: int = 1,
        operation: Operation = Operation.INSERT,
        *,
        keys: Sequence[str] = (),
        version: int = 1,
    ) -> SealedBatch:
        self._last = super().batch(rows, operation, keys=keys, version=version)
        return self._last

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        late = {"seconds": 3000, "times": 2} if fault is Fault.RECEIPT_LATE else {}
        plain: dict[str, object] = {"name": self.names[fault], "call": "rows", **late}
        named = [{"document_number": self._last.rows[row - 1].key} for row in rows]
        self._running.queue_faults([plain | one for one in named or [{}]])

    def settle(self) -> None:
        """Wait until nobody has a row still to look at; late ones are waited for in vain."""
        layout = load_layout(self.platform)
        question = (
            f'SELECT count(*) FROM "{layout.tables[self.kind].name}" '  # noqa: S608 - a table of ours
            f'WHERE "{layout.status}" = ?'
        )
        with closing(sqlite3.connect(self._where)) as database:
            wait_until(
                lambda: database.execute(question, (layout.initial,)).fetchone() == (0,), 0.5
            )


class FrontDatabaseStand(ExchangeDbStand):
    """Rows that were taken can be withdrawn by hand only, so withdrawals are not sent here."""

    operations = frozenset({Operation.INSERT, Operation.UPDATE})


class VoidAndInsertStand(ExchangeDbStand):
    """A newer version is a void row and a new one: two entries of the book, one effect."""

    def effects(self) -> Mapping[str, int]:
        history: dict[str, list[str]] = self._running.received()["history"]
        return {
            number: sum(
                after is None or (before, after) != ("void", "insert")
                for before, after in zip_longest(done, done[1:])
            )
            for number, done in history.items()
        }


def wait_until(quiet: Callable[[], bool], seconds: float = 5) -> None:
    """Wait, for some seconds at most, until the other side has nothing left to do."""
    until = time.monotonic() + seconds
    while not quiet() and time.monotonic() < until:
        time.sleep(0.02)


class CreditShandongStand(WebStand):
    """The reference profile of 信用·山东."""

    credentials: ClassVar[Mapping[str, str]] = {
        "client_id": "xinqiao-demo",
        "client_secret": "rehearsal-only",
    }
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = FAULTS


class SdGatewayStand(WebStand):
    """A credit platform behind a province gateway."""

    credentials: ClassVar[Mapping[str, str]] = {
        "api_key": "rehearsal-gateway-key",
        "client_id": "xinqiao-demo",
        "client_secret": "rehearsal-only",
    }
    settings: ClassVar[Mapping[str, str]] = {
        "organisation_code": "11370323MB2826290X",
        "resource_provider_id": "xinqiao-provider",
    }
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = FAULTS


class AsyncSerialStand(WebStand):
    """A platform that gives serial numbers and checks signatures; it has no tokens."""

    credentials: ClassVar[Mapping[str, str]] = {
        "app_id": "xinqiao-demo",
        "app_secret": "rehearsal-only",
    }
    names: ClassVar[Mapping[Fault, tuple[str, str]]] = {
        fault: name for fault, name in FAULTS.items() if fault is not Fault.TOKEN_EXPIRED
    }
