"""The calls of a platform profile: requests, and rules of what the answers mean.

Every field's docstring is the description that an operator gets for it.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from xinqiao.adapters.base import BatchProgress, Outcome
from xinqiao.adapters.expressions import Expression
from xinqiao.adapters.fields import Path, Seconds, Table, Text


class ReadMeaning(StrEnum):
    """What an answer to a question about held records means."""

    LISTED = "listed"
    """The answer lists them; an empty list is an answer too."""
    ABSENT = "absent"
    """The answer says that there is none."""
    AUTH = "auth"
    RATE_LIMITED = "rate_limited"
    NO_ANSWER = "no_answer"


class PollMeaning(StrEnum):
    """What an answer to a question about a batch means."""

    COMPLETE = BatchProgress.COMPLETE.value
    PENDING = BatchProgress.PENDING.value
    REFUSED = BatchProgress.REFUSED.value
    UNKNOWN_BATCH = BatchProgress.UNKNOWN_BATCH.value
    NO_ANSWER = BatchProgress.NO_ANSWER.value
    AUTH = "auth"
    RATE_LIMITED = "rate_limited"


class ProbeMeaning(StrEnum):
    """What an answer to the trial question means."""

    OK = "ok"
    AUTH = "auth"
    RATE_LIMITED = "rate_limited"
    NO_ANSWER = "no_answer"


class Answer(Table):
    """One rule of what an answer means; the first that holds counts (应答规则)."""

    when: Expression
    """Condition over ``{status, headers, body, problem, asked}``."""
    means: StrEnum
    """Word of the call's own vocabulary."""
    code: Expression | None = None
    """The platform's code; the operation's own expression where this is left out."""
    message: Expression | None = None
    """The platform's words; the operation's own expression where this is left out."""


class SubmitAnswer(Answer):
    """Rule for answers to a delivery."""

    means: Outcome
    """What the answer means for the rows."""


class PollAnswer(Answer):
    """Rule for answers about a batch."""

    means: PollMeaning
    """How far the batch is."""


class ReadAnswer(Answer):
    """Rule for answers about held records."""

    means: ReadMeaning
    """Whether the records are listed."""


class ProbeAnswer(Answer):
    """Rule for answers to the trial question."""

    means: ProbeMeaning
    """Whether the platform knows us."""


class Call(Table):
    """One request and what its answers mean; the base of all."""

    source: Text
    """Where this part comes from (依据)."""
    method: Literal["GET", "POST"]
    """HTTP method."""
    path: Path
    """Path below the base address, as it stands."""
    query: dict[str, Expression] = Field(default_factory=dict)
    """Parameter name → expression over the context of the call."""
    body: Expression | None = None
    """Expression that builds the body."""
    body_as: Literal["json", "form"] = "json"
    """How the body is written: JSON, or form fields."""
    code: Expression = "body.code"
    """The platform's code in an answer."""
    message: Expression = "body.message"
    """The platform's words in an answer."""
    retry_after: Expression = 'headers."retry-after"'
    """Seconds, or a date, that the platform asks to wait."""


class RowVerdict(StrEnum):
    """What a code at a row means."""

    ACCEPTED = Outcome.ACCEPTED.value
    RECEIVED = Outcome.RECEIVED.value
    REJECTED = Outcome.REJECTED.value
    DUPLICATE = Outcome.DUPLICATE.value


class Rows(Table):
    """Where an answer speaks about single rows; expressions below ``list`` are over one element."""

    list: Expression
    """The list."""
    index: Expression
    """Position of the row in the batch, from 1."""
    code: Expression
    """The platform's code."""
    message: Expression | None = None
    """The platform's words."""
    reference: Expression | None = None
    """The platform's id of the record."""
    time: Expression | None = None
    """When it was taken in."""
    verdicts: dict[str, RowVerdict]
    """Code → what it means."""
    otherwise: RowVerdict
    """What a code means that the table does not hold."""


class Entries(Table):
    """Where an answer lists held records; expressions below ``list`` are over one element."""

    list: Expression
    """The list."""
    key: Expression
    """The platform's business key."""
    values: Expression
    """Field code → value."""
    reference: Expression | None = None
    """The platform's id of the record."""
    time: Expression | None = None
    """When it was taken in."""
    total: Expression | None = None
    """How many there are in all, to notice a list that was cut short."""


class Submit(Call):
    """Delivers a batch; context ``{batch, kind, operation, rows, settings}`` (报送)."""

    operation: ClassVar[str] = "submit"
    answers: tuple[SubmitAnswer, ...] = Field(min_length=1)
    """What the answers mean; no rule: in doubt."""
    serial: Expression | None = None
    """The platform's number of the delivery."""
    rows: Rows | None = None
    """What is said about single rows."""


class Poll(Call):
    """Asks for a batch's receipts; context ``{batch, serial, kind, settings}`` (回执查询).

    Where an expression uses ``serial``, a delivery without an answer cannot be asked about.
    """

    operation: ClassVar[str] = "poll"
    answers: tuple[PollAnswer, ...] = Field(min_length=1)
    """What the answers mean; no rule: no answer."""
    rows: Rows
    """The receipts."""


class Query(Call):
    """Asks what is held under a key; context ``{key, kind, settings}`` (按键查询)."""

    operation: ClassVar[str] = "query"
    answers: tuple[ReadAnswer, ...] = Field(min_length=1)
    """What the answers mean; no rule: no answer."""
    entries: Entries
    """The records."""


class Ledger(Query):
    """Lists what is held; context ``{kind, start, end, page, page_size, settings}`` (台账)."""

    operation: ClassVar[str] = "ledger"
    page_size: Annotated[int, Field(ge=1, le=10_000)]
    """Records on a full page."""
    page: Expression
    """Number of the page in the answer, from 1."""
    pages: Expression
    """Number of pages in the answer."""


class ProbeCall(Call):
    """A question without effect that tells whether the platform knows us (连通检查)."""

    operation: ClassVar[str] = "probe"
    answers: tuple[ProbeAnswer, ...] = Field(min_length=1)
    """What the answers mean; no rule: no answer."""
    time: Expression = "headers.date"
    """The platform's clock in the answer."""
    clock_tolerance_seconds: Seconds = 60.0
    """Difference of the clocks that is still good."""


class PageCheck(Table):
    """A public page that shows what the platform publishes (页面核对)."""

    source: Text
    """Where this part comes from (依据)."""
