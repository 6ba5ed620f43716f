"""What in a profile does not fit the exchange database that it describes (配置核对)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from xinqiao.adapters.base import ReceiptMode
from xinqiao.adapters.exchange_db.layout import (
    ExchangeDbTransport,
    FeedbackTable,
    Role,
    WithdrawWay,
)


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
        if problem:
            return problem
    return ""


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
