"""The contract between the queue and every platform: sealed batches go out, outcomes come back.

No type of any HTTP library crosses this line. A connector never raises for what a platform or a
network did: that is always an outcome, because the queue must record it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import rfc8785

from xinqiao.clock import Clock

TOO_LATE = "too_late"
"""Code of a reply to a submission that was not sent because its time had run out.

It tells nothing about the platform.
"""


class Operation(StrEnum):
    """What a submission asks of the platform (操作)."""

    INSERT = "insert"
    """Hold a record that it does not hold (新增)."""

    UPDATE = "update"
    """Hold a newer version of a record it holds (变更)."""

    WITHDRAW = "withdraw"
    """Hold the record no longer, or hold it as void (撤回)."""

    TAKE_DOWN = "take_down"
    """Show the record to the public no longer (下架)."""


REMOVALS = frozenset({Operation.WITHDRAW, Operation.TAKE_DOWN})
"""What asks a platform to let go of a record: after it, the platform holds or shows it no more."""


class Outcome(StrEnum):
    """What a call means for the rows that it carried. HTTP status codes never cross this line."""

    ACCEPTED = "accepted"
    """The platform holds it (已接收入库)."""

    RECEIVED = "received"
    """The platform took it and answers later (已收到, 待回执)."""

    REJECTED = "rejected"
    """The platform refused it for its content; the same bytes would be refused again (退回)."""

    DUPLICATE = "duplicate"
    """The platform says it holds this key already; what it holds must be compared (重复)."""

    RATE_LIMITED = "rate_limited"
    """The platform asks to slow down; it did not take the rows (限流)."""

    AUTH = "auth"
    """The platform refused the credentials; it did not take the rows (认证失败)."""

    RETRYABLE = "retryable"
    """It certainly did not take the rows; they may be sent again (可重试)."""

    IN_DOUBT = "in_doubt"
    """It is unknown whether the platform took the rows (不确定)."""


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One rendered record in a batch.

    Attributes:
        number: Position in the batch, from 1.
        key: The key by which the platform can be asked for this record (文书号 for permits).
        values: Field code of the platform's format → text, in the order of the format.
    """

    number: int
    key: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """One delivery, fixed before it is first sent, so that every resend is byte-identical (批次).

    Attributes:
        number: Batch number made by us (批次号), unique for ever.
        platform: Platform identifier, such as ``credit_shandong``.
        kind: Record kind, such as ``permit``.
        operation: What is asked for every row.
        edition: Edition of the format table that rendered the rows, such as ``2018``.
        rows: The rows, in order.
        sealed_at: When it was sealed: what is named or dated by day is the same for every resend.
            None in batches of releases that did not note it.
    """

    number: str
    platform: str
    kind: str
    operation: Operation
    edition: str
    rows: tuple[SealedRow, ...]
    sealed_at: datetime | None = None

    def to_bytes(self) -> bytes:
        """Return the canonical bytes (RFC 8785) that are sealed, hashed and stored."""
        # left out where it is not known, so that older batches keep their bytes
        sealed_at = {"sealed_at": self.sealed_at.isoformat()} if self.sealed_at else {}
        return rfc8785.dumps(
            {
                **sealed_at,
                "number": self.number,
                "platform": self.platform,
                "kind": self.kind,
                "operation": self.operation.value,
                "edition": self.edition,
                "rows": [
                    {
                        "number": row.number,
                        "key": row.key,
                        # a list of pairs: the order of the format's fields is part of the seal
                        "values": [[code, text] for code, text in row.values.items()],
                    }
                    for row in self.rows
                ],
            }
        )

    @classmethod
    def from_bytes(cls, sealed: bytes) -> "SealedBatch":
        """Return the batch that :meth:`to_bytes` wrote."""
        plain = json.loads(sealed)
        sealed_at = plain.get("sealed_at")
        return cls(
            number=plain["number"],
            platform=plain["platform"],
            kind=plain["kind"],
            operation=Operation(plain["operation"]),
            edition=plain["edition"],
            rows=tuple(
                SealedRow(row["number"], row["key"], dict(row["values"])) for row in plain["rows"]
            ),
            sealed_at=datetime.fromisoformat(sealed_at) if sealed_at else None,
        )


@dataclass(frozen=True, slots=True)
class RowResult:
    """What the platform said about one row.

    Attributes:
        row: Position in the batch, from 1.
        outcome: ACCEPTED, RECEIVED, REJECTED or DUPLICATE.
        code: The platform's own code, as text.
        message: The platform's own words, as they came.
        reference: The platform's id of the record, or empty.
        at: When the platform says it took the record in (入库时间), if it says so.
    """

    row: int
    outcome: Outcome
    code: str = ""
    message: str = field(default="", repr=False)
    reference: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call came to. Its representation leaves out what may hold personal data.

    Attributes:
        outcome: Meaning for every row that ``rows`` does not name. Of a call that only asks, it
            tells how the call went (RECEIVED when it was answered) and nothing about rows.
        code: The platform's own code, or the name of what happened on the way
            (``connect_refused``, ``read_timeout``, ``not_json``…).
        message: The platform's own words, or ours in Chinese where it gave none.
        rows: What was said about single rows.
        serial: Number that the platform gave the delivery (受理号), or empty.
        retry_after: Seconds the platform asked us to wait, if it did.
        raw: The answer's bytes as they came, for evidence; empty when there was none.
    """

    outcome: Outcome
    code: str = ""
    message: str = field(default="", repr=False)
    rows: tuple[RowResult, ...] = ()
    serial: str = ""
    retry_after: float | None = None
    raw: bytes = field(default=b"", repr=False)


class BatchProgress(StrEnum):
    """How far the platform is with a batch that it was asked about."""

    UNKNOWN_BATCH = "unknown_batch"
    """It does not know the batch number."""

    PENDING = "pending"
    """It has the batch; some rows are not decided."""

    COMPLETE = "complete"
    """It has decided every row."""

    REFUSED = "refused"
    """It refused the delivery as a whole (整批退回): rows that the report names are at fault, and
    no other row was taken."""

    NO_ANSWER = "no_answer"
    """It could not be asked, or the answer cannot be read."""


class ReceiptMode(StrEnum):
    """How a platform's receipts come back (回执方式)."""

    SYNC = "sync"
    """In the answer to the delivery, for the whole of it (同步)."""

    SYNC_ROWS = "sync_rows"
    """In the answer to the delivery, row by row (同步逐行)."""

    POLL = "poll"
    """In the answer to a question about the batch or its serial number (按批次或受理号查询)."""

    STATUS_COLUMN = "status_column"
    """In columns of the very row that was put into the exchange database (状态列)."""

    FEEDBACK_TABLE = "feedback_table"
    """In a table of its own in the exchange database (反馈表)."""

    ROW_CONSUMED = "row_consumed"
    """The row disappears from the exchange database: taken, but not confirmed (取走)."""

    RECEIPT_FILE = "receipt_file"
    """In a file that tells the result of every row (回执文件)."""

    ERROR_FILE = "error_file"
    """In a file that names only the rows that were refused (错误文件)."""

    PAGE_CHECK = "page_check"
    """The public page shows the document number, or no longer shows it (页面核对)."""

    MANUAL = "manual"
    """A person records what the platform answered (人工登记)."""

    NONE = "none"
    """Not at all: only comparing ledgers, or a person, can tell (无回执)."""


class CountsFrom(StrEnum):
    """Which moment counts as reported, when it is judged whether that was in time (以何时计)."""

    PLATFORM_TIME = "platform_time"
    """When the platform says it took the record in (平台入库时间)."""

    RECEIPT = "receipt"
    """When its answer reached us (收到回执的时间)."""

    SENT = "sent"
    """When the delivery began to leave (发出的时间)."""


ASKED_FOR = frozenset(ReceiptMode) - {
    ReceiptMode.SYNC,
    ReceiptMode.SYNC_ROWS,
    ReceiptMode.MANUAL,
    ReceiptMode.NONE,
}
"""Modes in which receipts are asked for with :meth:`Connector.poll`."""


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that left, as far as it helps to ask about it.

    Attributes:
        batch: What was sealed.
        serial: Number that the platform gave the delivery (受理号); empty when it gave none, or
            when its answer never came.
        sent_at: The last instant at which it may have left: the end of the last send that may have
            delivered it, a resend included; of one that never came back the end of its lease. From
            here on an absence counts. None when it is not known.
        begun_at: The beginning of its first send: what the platform said earlier is not about it.
            None when it is not known.
        delivered_before: Numbers of rows whose record, or whose key, was delivered before by
            another batch: what the platform shows of it may be that.
    """

    batch: SealedBatch
    serial: str = ""
    sent_at: datetime | None = None
    begun_at: datetime | None = None
    delivered_before: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The platform's receipts for one batch (回执); ``rows`` holds those decided so far.

    A row that is named with RECEIVED was taken by the platform and is not decided: that is told
    (取走, 未确认), and proves nothing.
    """

    progress: BatchProgress
    reply: Reply
    rows: tuple[RowResult, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One record as the platform says it holds it (平台台账).

    Attributes:
        key: The platform's business key of the record (文书号).
        values: Field code → text, as many fields as the platform tells.
        reference: The platform's id of the record.
        at: When it was taken in, if the platform says so.
    """

    key: str
    values: Mapping[str, str] = field(repr=False)
    reference: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What the platform holds under one key; ``entries`` is None when it could not be asked."""

    reply: Reply
    entries: tuple[LedgerEntry, ...] | None


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of the platform's ledger.

    Attributes:
        reply: What the call came to.
        entries: The records on the page.
        next_page: Number of the page to ask for next; None on the last page.
        complete: Whether the page was read whole. A page cut short is never taken for the end.
        total: How many records the whole ledger holds, if the platform says so: when it is not the
            same on every page, the ledger changed under the reader's hands.
    """

    reply: Reply
    entries: tuple[LedgerEntry, ...] = ()
    next_page: int | None = None
    complete: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of checking that a platform can be reached and knows us.

    Attributes:
        ok: Whether every check passed.
        checks: (what was checked, whether it passed, Chinese remark), in order.
        clock_offset: Platform's clock minus ours in seconds, if it can be told.
    """

    ok: bool
    checks: tuple[tuple[str, bool, str], ...] = ()
    clock_offset: float | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can be asked beyond submitting.

    Attributes:
        receipts: How receipts come back.
        poll: Receipts can be asked for.
        poll_in_doubt: They can be asked for although the delivery had no answer, and a batch that
            is then unknown was not taken.
        query: What it holds under a key.
        ledger: A listing of what it holds.
        deduplicates: An identical resend of a whole batch has no second effect.
        visible_after: Seconds after a send before "absent" may be believed.
    """

    receipts: ReceiptMode = ReceiptMode.POLL
    poll: bool = False
    poll_in_doubt: bool = True
    query: bool = False
    ledger: bool = False
    deduplicates: bool = False
    visible_after: float = 0.0


class Connector(Protocol):
    """What the queue asks of a platform. Implementations are safe to use from several threads."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can be asked."""

    def submit(self, batch: SealedBatch, send_before: float = math.inf) -> Reply:
        """Send ``batch`` once. Retries inside only what cannot have arrived.

        No request begins at or after ``send_before``, an instant of
        :meth:`xinqiao.clock.Clock.elapsed`: by then somebody else may be sending the same rows.
        The reply is then RETRYABLE with the code :data:`TOO_LATE`.
        """

    def poll(self, sent: SentBatch) -> BatchReport:
        """Ask for the receipts of a batch that was sent, or may have been."""

    def query(self, kind: str, key: str) -> KeyReport:
        """Ask what the platform holds under ``key``."""

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        """Ask for one page of the records taken in from ``start`` to ``end``, both included."""

    def probe(self) -> Probe:
        """Check network, credentials and clock without sending a record."""

    def close(self) -> None:
        """Give up connections."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Secrets of one platform by name (``client_id``…), never shown in any representation."""

    values: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given besides its profile.

    Attributes:
        credentials: Secrets, by the names that the profile lists.
        clock: Tells when a token expires; its ``sleep`` waits between in-call tries.
        settings: Values that the profile asks of the workspace, such as ``organisation_code``.
        rehearsal: Talk to nothing but stand-ins on this machine.
        root: The workspace's folder: relative paths of a profile begin there.
        secrets: Folder of files that only the workspace's owner may read (certificates, keys).
    """

    credentials: Credentials
    clock: Clock
    settings: Mapping[str, str] = field(default_factory=dict)
    rehearsal: bool = False
    root: Path = Path()
    secrets: Path = Path("secrets")
