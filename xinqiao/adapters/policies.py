"""What a platform allows and expects, beyond its wire: the policies of a profile (报送策略)."""

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from xinqiao.adapters.base import Operation, ReceiptMode
from xinqiao.adapters.exchange_db.layout import FeedbackTable
from xinqiao.adapters.fields import RecordKind, Seconds, Table, Text
from xinqiao.adapters.file_drop.layout import ReceiptFile
from xinqiao.adapters.http.calls import PageCheck


class Abilities(Table):
    """What may be relied on (平台能力)."""

    source: Text
    """Where this part comes from (依据)."""
    deduplicates: bool
    """An identical resend of a whole batch has no second effect."""
    visible_after_seconds: Annotated[float, Field(ge=0, le=86_400 * 30)]
    """Time after a send before "absent" may be believed."""


def _hours(text: str) -> str:
    begins, _, ends = text.partition("-")
    try:
        first, last = time.fromisoformat(begins), time.fromisoformat(ends)
        # no zone of its own: the country has one
        fits = first.tzinfo is None and last.tzinfo is None and first < last
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("应为 08:30-17:30 这样的时段，起在前、止在后")
    return text


Calls = Annotated[int, Field(ge=1, le=1_000_000)]


class Pace(Table):
    """How fast and when the platform may be called, by all machines together (调用节奏)."""

    source: Text
    """Where this part comes from (依据)."""
    parallel_calls: Annotated[int, Field(ge=1, le=200)] = 1
    """Calls under way at once."""
    calls_per_second: Calls | None = None
    """Calls begun within any second; none means no limit, here and below."""
    calls_per_minute: Calls | None = None
    """Calls begun within any minute."""
    calls_per_hour: Calls | None = None
    """Calls begun within any hour."""
    hours: tuple[Annotated[str, AfterValidator(_hours)], ...] = ()
    """Times of day in Asia/Shanghai at which calls may begin (08:30-17:30); empty: always."""
    working_days_only: bool = False
    """Whether calls may begin on working days only (工作日)."""


class Limits(Table):
    """Largest batch (批次上限)."""

    source: Text
    """Where this part comes from (依据)."""
    rows_per_batch: Annotated[int, Field(ge=1, le=100_000)]
    """Rows."""
    bytes_per_batch: Annotated[int, Field(ge=1024, le=1 << 30)]
    """Bytes of the request's body."""


class Receipts(Table):
    """How receipts come back, and when they are asked for (回执)."""

    source: Text
    """Where this part comes from (依据)."""
    mode: ReceiptMode
    """How they come back."""
    poll_after_seconds: Seconds
    """From the delivery to the first question."""
    poll_every_seconds: Seconds
    """Between two questions."""
    expected_within_seconds: Seconds
    """A receipt later than this is an incident."""
    feedback: FeedbackTable | None = None
    """Where the answers of ``feedback_table`` stand."""
    file: ReceiptFile | None = None
    """Where the files of ``receipt_file`` and ``error_file`` are put, and how they are read."""
    page: PageCheck | None = None
    """What ``page_check`` looks at."""


class Retention(Table):
    """How long what was sent and answered is kept at least (保存期限)."""

    source: Text
    """Where this part comes from (依据)."""
    payload_days: Annotated[int, Field(ge=1, le=36500)]
    """Days; what ``xinqiao.toml`` says counts where that is longer."""


class LedgerFile(Table):
    """How the ledger is written that people download from the platform's pages (下载的台账).

    Nothing is sent by it, so a confirmation does not bind to it.
    """

    source: Text
    """Where this part comes from (依据)."""
    taken_in: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Headers of the time at which a record was taken in (入库时间)."""
    reference: tuple[Text, ...] = ()
    """Headers of the platform's own id of a record (平台编号)."""
    fields: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    """Field code of our format → further headers of that field."""
    rows_at_most: Annotated[int, Field(ge=1, le=1_048_576)] | None = None
    """Most rows that the platform writes into one file; a file as long was probably cut off."""


class Words(Table):
    """The platform's words for ours (对照词)."""

    operations: dict[Operation, Text]
    """Operation → word; one that is left out cannot be sent.

    Taking down (下架) goes by the word of ``withdraw`` where it has none of its own: a platform
    that knows no difference shows the record no longer either way.
    """
    kinds: dict[RecordKind, Text]
    """Record kind → word."""


class WithdrawStrategy(StrEnum):
    """How a record is taken back from the platform (撤回方式)."""

    OPERATION = "operation"
    """The platform has an operation for it; a row with a status says that it is void (无效)."""
    VOID_ROW = "void_row"
    """An update that marks the record as void (无效)."""
    BY_HAND = "by_hand"
    """A person does it in the platform's own pages."""


class CorrectionStrategy(StrEnum):
    """How a platform takes a newer version of a record that it holds (变更方式)."""

    UPDATE = "update"
    """In the place of the old one; how, the transport's own tables say (void + insert…)."""
    REPLACE = "replace"
    """The old one is withdrawn first, and the new one inserted after that was accepted."""
    BY_HAND = "by_hand"
    """A person does it in the platform's own pages."""
