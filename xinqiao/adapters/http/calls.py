"""The calls of a platform profile: requests, and rules of what the answers mean.

Every field's docstring is the description that an operator gets for it.
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from xinqiao.adapters.base import BatchProgress, Outcome
from xinqiao.adapters.expressions import Expression
from xinqiao.adapters.fields import RecordKind, Seconds, Table, Text
from xinqiao.adapters.http.access import Address
from xinqiao.adapters.http.exchange import BodyAs, Charset
from xinqiao.adapters.http.paths import CallPath


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


AnswerAs = Literal["json", "xml", "text"]
"""What an answer can be read as."""


_IN_OTHER_CHARSETS = ("form", "multipart", "xml")


class Unwrap(Table):
    """A text inside an answer that is parsed in its place (逐层解包).

    A place that is missing, blank or no text leaves the answer as it is; a text that does not parse
    makes ``problem`` ``not_unwrapped``.
    """

    at: Annotated[str, Field(pattern=r"^$|^[^.\s]+(\.[^.\s]+)*$")]
    """Names on the way to it, with dots between them; empty for the answer as a whole."""
    parsed_as: Annotated[Literal["json", "xml"], Field(alias="as")]
    """What the text is."""


class Call(Table):
    """One request and what its answers mean; the base of all."""

    source: Text
    """Where this part comes from (依据)."""
    method: Literal["GET", "POST"]
    """HTTP method."""
    path: CallPath
    """Path below the base address; ``{operation}`` and other names of the context are filled in."""
    query: dict[str, Expression] = Field(default_factory=dict)
    """Parameter name → expression over the context of the call."""
    body: Expression | None = None
    """Expression that builds the body."""
    body_as: BodyAs = "json"
    """How the body is written; ``query`` puts its fields into the query string."""
    charset: Charset = "utf-8"
    """Character set of the body; JSON is always UTF-8."""
    answer_as: AnswerAs = "json"
    """What an answer is."""
    answer_charset: Charset | None = None
    """Character set of answers that are not UTF-8 and do not say what they are."""
    lists: tuple[Text, ...] = ()
    """XML elements that are lists even when there is only one of them."""
    unwrap: tuple[Unwrap, ...] = ()
    """Texts inside the answer that are JSON or XML themselves, in the order of unpacking."""
    code: Expression = "body.code"
    """The platform's code in an answer."""
    message: Expression = "body.message"
    """The platform's words in an answer."""
    retry_after: Expression = 'headers."retry-after"'
    """Seconds, or a date, that the platform asks to wait."""

    @model_validator(mode="after")
    def _charset_is_used(self) -> Self:
        if self.charset != "utf-8" and self.body_as not in _IN_OTHER_CHARSETS:
            ways = "、".join(_IN_OTHER_CHARSETS)
            raise ValueError(f"charset 只用于 body_as = {ways}；其余一律为 utf-8")
        return self


class RowVerdict(StrEnum):
    """What a code at a row means."""

    ACCEPTED = Outcome.ACCEPTED.value
    RECEIVED = Outcome.RECEIVED.value
    REJECTED = Outcome.REJECTED.value
    DUPLICATE = Outcome.DUPLICATE.value


class RowCase(Table):
    """A code of a row whose meaning depends on more than the code (一码多义)."""

    when: Expression
    """Condition over the element."""
    means: RowVerdict
    """What it means."""


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
    # left out where it is not said, so that what binds to older profiles still holds
    field: Expression | None = Field(default=None, exclude_if=lambda place: place is None)
    """The field that is at fault, by its code or its name; goes behind the platform's words."""
    time: Expression | None = None
    """When it was taken in."""
    cases: tuple[RowCase, ...] = ()
    """Looked at before the table of codes; the first that holds counts."""
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
    """A public page that shows what the platform publishes (页面核对).

    Expressions are over ``{key, kind, settings, values}`` of a row; ``path`` and ``query`` over
    ``{key, kind, settings}``. Where they use ``key``, every row needs a call of its own.
    """

    source: Text
    """Where this part comes from (依据)."""
    base_url: Address | None = None
    """Address before the path; that of the operations where it is left out."""
    path: CallPath
    """Path below the address; names may stand in it as in those of calls."""
    query: dict[str, Expression] = Field(default_factory=dict)
    """Parameter name → expression."""
    charset: Charset | None = None
    """Character set of a page that is not UTF-8 and does not say what it is."""
    kinds: tuple[RecordKind, ...] = ()
    """Record kinds that the page shows; all when it is left out."""
    marker: Text
    """Text that proves that it is the right page, whatever it shows."""
    nothing: Text | None = None
    """Text by which the page says that it shows no record; ``{key}`` in it is the document number.

    Needed where the page is opened by ``key``.
    """
    shows: tuple[Expression, ...] = ()
    """Further values that must stand near the document number.

    Needed where the page is opened by ``key``: it may repeat the number that was asked for.
    """
    near_characters: Annotated[int, Field(ge=1, le=100_000)] = 300
    """How near, in characters of the page's text."""
