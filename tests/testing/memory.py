"""A platform in memory, a connector to it that keeps every promise, and a stand for both."""

# ruff: noqa: ARG002 - the arguments are the contract's

import json
import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xinqiao.adapters.base import (
    TOO_LATE,
    BatchProgress,
    BatchReport,
    Capabilities,
    Connector,
    KeyReport,
    LedgerEntry,
    LedgerPage,
    Operation,
    Outcome,
    Probe,
    ReceiptMode,
    Reply,
    RowResult,
    SealedBatch,
    SealedRow,
    SentBatch,
)
from xinqiao.clock import Clock
from xinqiao.testing import Fault, Stand, Variation

SECRET = "s3cret-of-the-county"
PAGE = b"<html>502</html>"


class SilentError(Exception):
    """No whole answer came."""


@dataclass
class Memory:
    """A platform: what it took in, what it holds, and the faults it is to have."""

    book: Counter[str] = field(default_factory=Counter)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[tuple[Fault, Sequence[int]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, what: str, asked: Any, secret: str) -> bytes:
        """Answer one call with bytes."""
        with self.lock:
            if secret != SECRET:
                return b'{"code": "denied"}'
            if what == "submit":
                return self._taken(asked)
            if (Fault.UNREADABLE_WHEN_ASKED, ()) in self.faults:
                self.faults.clear()
                return PAGE
            return json.dumps(self._told(what, asked)).encode()

    def _taken(self, sealed: bytes) -> bytes:
        batch = SealedBatch.from_bytes(sealed)
        fault, rows = self.faults.pop(0) if self.faults else (None, ())
        if fault is Fault.HTML_PAGE:
            return PAGE
        if fault is Fault.BUSY:
            return b'{"code": "busy"}'
        if batch.number not in self.batches:
            refused = rows if fault is Fault.ROW_REFUSED else ()
            self.batches[batch.number] = {
                str(row.number): self._decided(batch, row, row.number in refused)
                for row in batch.rows
            }
        if fault in {Fault.SILENT_AFTER, Fault.RESET_MID_ANSWER}:
            raise SilentError
        return b'{"code": "ok"}'

    def _decided(self, batch: SealedBatch, row: SealedRow, refused: bool) -> str:
        if refused:
            return "bad"
        if batch.operation is Operation.INSERT and row.key in self.held:
            return "there"
        self.book[row.key] += 1
        self.held[row.key] = dict(row.values)
        return "ok"

    def _told(self, what: str, asked: str) -> Any:
        if what == "poll":
            return {"rows": self.batches.get(asked)}
        if what == "query":
            return {"list": [[asked, self.held[asked]]] if asked in self.held else []}
        return {"list": list(self.held.items())}


_WORDS = {"ok": Outcome.ACCEPTED, "bad": Outcome.REJECTED, "there": Outcome.DUPLICATE}


class GoodConnector:
    """Keeps every promise."""

    capabilities = Capabilities(
        ReceiptMode.POLL, poll=True, query=True, ledger=True, deduplicates=True
    )

    def __init__(self, memory: Memory | None, secret: str) -> None:
        self._memory = memory
        self._secret = secret
        self._closed = False

    def render(self, batch: SealedBatch) -> bytes:
        return batch.to_bytes()

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        if Clock().elapsed() >= send_before:
            return Reply(Outcome.RETRYABLE, TOO_LATE)
        return self._submitted(batch)

    def _submitted(self, batch: SealedBatch) -> Reply:
        if self._closed or self._memory is None:
            return Reply(Outcome.RETRYABLE, "closed" if self._closed else "nobody")
        try:
            raw = self._memory.call("submit", self.render(batch), self._secret)
            code = json.loads(raw)["code"]
        except SilentError:
            return Reply(Outcome.IN_DOUBT, "silent")
        except ValueError:
            return Reply(Outcome.IN_DOUBT, "unreadable", raw=raw)
        means = {"ok": Outcome.RECEIVED, "denied": Outcome.AUTH, "busy": Outcome.RETRYABLE}[code]
        return Reply(means, code, raw=raw)

    def poll(self, sent: SentBatch) -> BatchReport:
        told = self._asked("poll", sent.batch.number)
        if told is None:
            return BatchReport(BatchProgress.NO_ANSWER, Reply(Outcome.IN_DOUBT, "no_answer"))
        reply = Reply(Outcome.RECEIVED, "ok")
        if told["rows"] is None:
            return BatchReport(BatchProgress.UNKNOWN_BATCH, reply)
        rows = [RowResult(int(row), _WORDS[word], word) for row, word in told["rows"].items()]
        return BatchReport(BatchProgress.COMPLETE, reply, tuple(rows))

    def query(self, kind: str, key: str) -> KeyReport:
        told = self._asked("query", key)
        if told is None:
            return KeyReport(Reply(Outcome.IN_DOUBT, "no_answer"), None)
        return KeyReport(Reply(Outcome.RECEIVED, "ok"), _entries(told))

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        told = self._asked("ledger", "")
        if told is None:
            return LedgerPage(Reply(Outcome.IN_DOUBT, "no_answer"))
        entries = _entries(told)
        return LedgerPage(
            Reply(Outcome.RECEIVED, "ok"), entries, None, complete=True, total=len(entries)
        )

    def probe(self) -> Probe:
        ok = self._asked("poll", "nothing") is not None
        return Probe(ok, (("内存", ok, "通" if ok else "不通"),))

    def close(self) -> None:
        self._closed = True

    def _asked(self, what: str, asked: str) -> Any:
        if self._closed or self._memory is None:
            return None
        try:
            told = json.loads(self._memory.call(what, asked, self._secret))
        except ValueError:
            return None
        return None if "code" in told else told


def _entries(told: Any) -> tuple[LedgerEntry, ...]:
    return tuple(LedgerEntry(key, values) for key, values in told["list"])


class MemoryStand(Stand):
    """The platform in memory and any connector class to it."""

    platform = "memory"
    operations = frozenset({Operation.INSERT, Operation.UPDATE})
    faults = frozenset(
        {
            Fault.SILENT_AFTER,
            Fault.RESET_MID_ANSWER,
            Fault.HTML_PAGE,
            Fault.BUSY,
            Fault.ROW_REFUSED,
            Fault.UNREADABLE_WHEN_ASKED,
        }
    )
    variations = frozenset({Variation.WRONG_CREDENTIALS, Variation.UNREACHABLE})
    secrets = (SECRET,)
    answers_in_bytes = True
    patience = 0.2

    def __init__(self, connector: type[GoodConnector]) -> None:
        self.connector = connector
        self.memory = Memory()

    def connect(self, variation: Variation | None = None) -> Connector:
        secret = "other" if variation is Variation.WRONG_CREDENTIALS else SECRET
        memory = None if variation is Variation.UNREACHABLE else self.memory
        return self.connector(memory, secret)

    def values(self, key: str, operation: Operation, version: int) -> Mapping[str, str]:
        return {"WSH": key, "NR": f"道路旅客运输站经营第{version}次"}

    def effects(self) -> Mapping[str, int]:
        return dict(self.memory.book)

    def settle(self) -> None:
        """Do nothing: it decides while it is called."""

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        self.memory.faults.append((fault, tuple(rows)))
