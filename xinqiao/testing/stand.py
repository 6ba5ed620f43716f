"""What the suite is told of one platform: how to connect, what to send, what really came of it."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar

from xinqiao.adapters.base import Connector, Operation, SealedBatch, SealedRow
from xinqiao.clock import Clock


class Fault(StrEnum):
    """What a platform can be told to do wrong (故障). Each befalls the next delivery, once."""

    SILENT_BEFORE = "silent_before"
    """It takes nothing and does not answer (收下前超时)."""
    SILENT_AFTER = "silent_after"
    """It takes the rows and does not answer (收下后超时)."""
    RESET_MID_ANSWER = "reset_mid_answer"
    """It takes the rows; the connection breaks in the middle of the answer (应答中断)."""
    SERVER_ERROR_BEFORE = "server_error_before"
    """It takes nothing and tells of an inner error (收下前出错)."""
    SERVER_ERROR_AFTER = "server_error_after"
    """It takes the rows and tells of an inner error (收下后出错)."""
    HTML_PAGE = "html_page"
    """It takes nothing; somebody on the way answers with a web page (网页)."""
    WRONG_ENCODING = "wrong_encoding"
    """It takes the rows and answers in another encoding than it claims (编码不符)."""
    FAILURE_INSIDE_SUCCESS = "failure_inside_success"
    """It takes nothing and says so inside an answer that looks like success (成功里的失败)."""
    RATE_LIMITED = "rate_limited"
    """It takes nothing and asks to slow down (限流)."""
    BUSY = "busy"
    """It takes nothing and says that it is being maintained (系统维护)."""
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - the name of a fault
    """It takes nothing: the token has ended before its time (令牌提前失效)."""
    BATCH_REFUSED = "batch_refused"
    """It refuses the delivery as a whole and names no row (整批退回)."""
    BATCH_REFUSED_LATER = "batch_refused_later"
    """It receives the delivery and refuses all of it in its receipts (先收后整批退回)."""
    ROW_REFUSED = "row_refused"
    """It refuses the rows that :meth:`Stand.cause` names, at once or in its receipts (部分退回)."""
    DUPLICATE_REPORTED = "duplicate_reported"
    """It takes the rows and reports them as held before (误报重复)."""
    RECEIPT_LATE = "receipt_late"
    """Its receipts come later than the suite waits (回执迟到)."""
    RECEIPT_TWICE = "receipt_twice"
    """It gives the same receipt twice (回执重复)."""
    RECEIPT_CONTRADICTORY = "receipt_contradictory"
    """A receipt contradicts another, or what is true (回执矛盾)."""
    ROW_VANISHED = "row_vanished"
    """It says that it took the rows in, and does not hold them (收下后丢失)."""
    CLOCK_SKEW = "clock_skew"
    """Its clock is fast by an hour; where it checks times, it takes nothing (时钟不准)."""
    UNREADABLE_WHEN_ASKED = "unreadable_when_asked"
    """The next question, whichever it is, gets an answer that cannot be read (查询应答无法读出)."""


class Variation(StrEnum):
    """How a connector can be made that is not the usual one (另一种接法)."""

    IMPATIENT = "impatient"
    """It waits for a silent platform for a second or so."""
    WRONG_CREDENTIALS = "wrong_credentials"
    """It shows secrets that the platform does not know."""
    UNREACHABLE = "unreachable"
    """Nobody is where it sends to: a closed port, a folder that does not exist."""
    ABROAD = "abroad"
    """It is in a rehearsal, and told of a place that is not a stand-in on this machine."""


class Stand(ABC):
    """One platform and a connector to it. Subclass it; a fresh one is used for every test.

    Attributes:
        platform: Identifier of the platform that batches are addressed to.
        kind: Record kind of the rows.
        edition: Edition of the format that the rows are in.
        faults: Faults that :meth:`cause` can cause.
        without: Faults that the platform cannot have, and why; told where a test is left out.
        variations: Variations that :meth:`connect` can make.
        operations: Operations that :meth:`values` has rows for and the connector can send.
        secrets: Texts that must never be shown: credentials, tokens, keys.
        most_rows: Rows that one delivery may hold at most; :meth:`batch` makes none larger.
        answers_in_bytes: Whether a delivery is answered with bytes that are kept for evidence.
        patience: Seconds that the platform may need until everything that is due has happened.
        impatience: Seconds within which a submit of an IMPATIENT connector must have returned.
        clock: The clock that the connector has been given.
    """

    platform: str
    kind: str = "permit"
    edition: str = "2018"
    faults: frozenset[Fault] = frozenset()
    without: ClassVar[Mapping[Fault, str]] = {}
    variations: frozenset[Variation] = frozenset()
    operations: frozenset[Operation] = frozenset({Operation.INSERT})
    secrets: tuple[str, ...] = ()
    most_rows: int = 100
    answers_in_bytes: bool = False
    patience: float = 15.0
    impatience: float = 15.0
    clock: ClassVar[Clock] = Clock()

    @abstractmethod
    def connect(self, variation: Variation | None = None) -> Connector:
        """Return a new connector to the platform. The suite closes it.

        Raises:
            SettingsError: For :attr:`Variation.ABROAD`, if that is refused at once.
        """

    @abstractmethod
    def values(self, key: str, operation: Operation, version: int) -> Mapping[str, str]:
        """Return the field codes and texts of a row that the platform takes.

        Args:
            key: Document number (文书号); stands in its own field as well.
            operation: What the row is for; a withdrawal may have to say that it is void.
            version: Rows of another version differ in a field that the platform tells.
        """

    @abstractmethod
    def effects(self) -> Mapping[str, int]:
        """Return document number → how often it was really taken in, by the platform's own book.

        An insert, an update and a withdrawal that were carried out count one each.
        """

    @abstractmethod
    def settle(self) -> None:
        """Let the platform do all that it does by itself, until it is quiet (bounded).

        Called again and again. When it returns, nothing that was sent is still on its way into the
        platform's book: whoever claims "not taken" is believed only after that. A platform that
        works only while it is called is quiet at any time, and nothing need be done. Elsewhere this
        waits for the other side of a database, or is the clerk who uploads.
        """

    def cause(self, fault: Fault, rows: Sequence[int] = ()) -> None:
        """Let the next delivery, or question, suffer ``fault``.

        Args:
            fault: One of :attr:`faults`.
            rows: Rows of the batch that :meth:`batch` returned last, from 1; for ROW_REFUSED.
        """
        raise NotImplementedError(fault, rows)

    def batch(
        self,
        rows: int = 1,
        operation: Operation = Operation.INSERT,
        *,
        keys: Sequence[str] = (),
        version: int = 1,
    ) -> SealedBatch:
        """Return a batch with a fresh number, of ``rows`` fresh keys or of ``keys``.

        It has fewer rows where a delivery may not hold so many.
        """
        keys = keys or [self.fresh_key() for _ in range(min(rows, self.most_rows))]
        return SealedBatch(
            number=f"XQ{uuid.uuid4().hex}",
            platform=self.platform,
            kind=self.kind,
            operation=operation,
            edition=self.edition,
            rows=tuple(
                SealedRow(number, key, dict(self.values(key, operation, version)))
                for number, key in enumerate(keys, 1)
            ),
            sealed_at=self.clock.now(),
        )

    def fresh_key(self) -> str:
        """Return a document number that was never used."""
        return f"测交许〔2026〕{uuid.uuid4().int % 10**10:010}号"
