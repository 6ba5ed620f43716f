"""What in a profile does not fit the exchange database that it describes (配置核对)."""

import uuid
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from xinqiao.adapters.base import ReceiptMode
from xinqiao.adapters.exchange_db.cells import Misfit, cell
from xinqiao.adapters.exchange_db.layout import (
    Column,
    ExchangeDbTransport,
    FeedbackTable,
    Role,
    TableMap,
    WithdrawWay,
)

_SAMPLE_BATCH = f"XQ{uuid.UUID(int=0).hex}"
"""A batch number as long as every one that the queue makes."""

_SAMPLE_KEYS = {
    "uuid": str(uuid.UUID(int=0)),
    "uuid_hex": uuid.UUID(int=0).hex,
    "batch_and_row": f"{_SAMPLE_BATCH}-1-V",
}
"""Form of row keys → the shortest one of a void row."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the rest of a profile says that the tables must fit.

    Attributes:
        mode: How receipts come back.
        feedback: Where they stand, if in a table of their own.
        visible_after: Seconds after a send before "absent" is believed.
        deduplicates: Whether an identical resend is said to have no second effect.
        kinds: Kinds that there is a word for.
        withdrawn: Kinds that are withdrawn by an operation.
        settings: Values that the profile asks of the workspace.
        credentials: Secrets that it asks for.
    """

    mode: ReceiptMode
    feedback: FeedbackTable | None
    visible_after: float
    deduplicates: bool
    kinds: AbstractSet[str]
    withdrawn: AbstractSet[str]
    settings: Mapping[str, str]
    credentials: Mapping[str, str]


def problem_with_tables(transport: ExchangeDbTransport, around: Neighbours) -> str:
    """Return what does not fit, in Chinese; empty when everything does."""
    transport_problem = _of_the_whole(transport, around)
    if transport_problem:
        return transport_problem
    for kind, table in transport.tables.items():
        place = f"transport.tables.{kind}"
        voids = table.column_of(Role.VALIDITY) or table.column_of(Role.OPERATION)
        parts = (
            (
                around.mode is not ReceiptMode.STATUS_COLUMN
                or table.column_of(Role.STATUS) is not None,
                f"receipts.mode = status_column 时，{place} 须有 role = status 的列",
            ),
            (
                kind not in around.withdrawn
                or table.withdraw is not WithdrawWay.APPEND
                or voids is not None,
                (
                    f"{place}.withdraw = append 须有 role = operation 或 validity 的列，"
                    "否则撤回的行看起来是一条新记录"
                ),
            ),
            (
                table.column_of(Role.SOURCE) is None or "organisation_code" in around.settings,
                f"{place} 有 role = source 的列时，[settings] 中须有 organisation_code",
            ),
        )
        problem = next((words for fits, words in parts if not fits), "")
        problem = problem or _unfit_words(transport, table, place)
        if problem:
            return problem
    return ""


def _unfit_words(transport: ExchangeDbTransport, table: TableMap, place: str) -> str:
    """Return the first of our own words that its column cannot hold: no record is to blame."""
    for column in table.columns:
        for text in _own_words(transport, column):
            made = cell(column, text, transport.charset)
            if isinstance(made, Misfit):
                return f"{place}：{made.message}（由本系统填写的内容）"
    return ""


def _own_words(transport: ExchangeDbTransport, column: Column) -> Iterator[str]:
    """Yield what we write into a column ourselves, or a text as long as that."""
    if column.constant is not None:
        yield column.constant
    validity, status = transport.validity, transport.status
    if column.role is Role.BATCH:
        yield _SAMPLE_BATCH
    if column.role is Role.ROW_KEY:
        yield _SAMPLE_KEYS[transport.row_key]
    if column.role is Role.STATUS and status is not None:
        yield status.initial
    if column.role is Role.VALIDITY and validity is not None:
        yield from (validity.valid, validity.invalid)
    if column.role is Role.INVALID_REASON and validity is not None:
        yield from (validity.withdraw_reason, validity.update_reason)


def _of_the_whole(transport: ExchangeDbTransport, around: Neighbours) -> str:
    missing = sorted(around.kinds - transport.tables.keys())
    needed = {"database_user"} if not transport.url.startswith("sqlite:") else set()
    if around.feedback is not None and not (around.feedback.url or "sqlite:").startswith("sqlite:"):
        needed.add("feedback_user")
    unlisted = sorted(needed - around.credentials.keys())
    parts = (
        (not missing, f"words.kinds 中的 {'、'.join(missing)} 没有表（transport.tables）"),
        (
            transport.rows_stay or not around.deduplicates,
            (
                "transport.rows_stay = false 时 capabilities.deduplicates 须为 false："
                "行被移走后，再次写入会成为第二份"
            ),
        ),
        (
            # a commit begun at the last moment may be under way until the whole time is over
            not transport.rows_stay or around.visible_after > transport.total_seconds,
            (
                "transport.rows_stay = true 时 capabilities.visible_after_seconds 须大于 "
                "transport.total_seconds：提交可能还在进行，会被当作没有写入而重报"
            ),
        ),
        (
            around.mode is not ReceiptMode.ROW_CONSUMED or not transport.rows_stay,
            "receipts.mode = row_consumed 时 transport.rows_stay 须为 false",
        ),
        (not unlisted, f"[credentials] 中缺少 {'、'.join(unlisted)}"),
    )
    return next((words for fits, words in parts if not fits), "")
