"""One pass over one platform: deliver, resolve doubts, collect receipts (一次报送)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from xinqiao.queue import board
from xinqiao.queue.calls import admission
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import Platform, standing
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.queue.strategies import follow_strategies
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.ledgers.permitted import words
from xinqiao.reconcile.receipts import collect
from xinqiao.reconcile.unanswered import hold_unanswered
from xinqiao.records.kinds import kind_of

_TURN_SECONDS = 20.0
"""After so long a turn of delivering, doubts and receipts have theirs: a long list starves none."""


@dataclass(slots=True)
class SyncReport:
    """What one pass over one platform came to.

    Attributes:
        reached: How many submissions reached each state.
        delivered: How many were sent.
        note: Why nothing, or not everything, was done; Chinese, empty if nothing is to be said.
    """

    reached: Counter[State] = field(default_factory=Counter)
    delivered: int = 0
    note: str = ""

    def remark(self, text: str) -> None:
        """Add to what is to be said."""
        self.note = "；".join(filter(None, (self.note, text)))

    def plain(self) -> dict[str, Any]:
        """Return the report as ``--json`` shows it."""
        shown = (
            State.ACCEPTED,
            State.AWAITING_RECEIPT,
            State.REJECTED,
            State.CONFLICT,
            State.IN_DOUBT,
            State.HELD,
        )
        figures = {state.value: self.reached[state] for state in shown}
        return {"delivered": self.delivered, **figures, "note": self.note}


def make_pass(worker: Worker, platform: Platform) -> SyncReport:
    """Do all that can be done for ``platform`` now.

    Raises:
        SettingsError: Its settings do not allow a call; what was not sent is kept.
        BusyError: The database is away; what is under way ends in doubt, not as failed.
    """
    report = SyncReport()
    follow_strategies(worker, platform)
    unfinished = True
    while unfinished:
        delivered = deliver(worker, platform, _TURN_SECONDS)
        unfinished = delivered.unfinished
        sent = delivered.reached
        report.delivered += sum(count for state, count in sent.items() if state != State.READY)
        report.reached += sent + resolve_doubts(worker, platform) + collect(worker, platform)
    report.reached += hold_unanswered(worker, platform)
    with worker.database.reading() as connection:
        report.note = _note(connection, platform, worker.cause(connection).at)
    return report


def _note(connection: Connection, platform: Platform, now: datetime) -> str:
    """Return what keeps a pass from being complete, in Chinese; empty if nothing does."""
    stands = standing(connection, platform.id)
    if stands.paused_at is not None:
        return f"已暂停：{stands.paused_reason}"
    refused = admission(connection, platform, now)
    if refused.why == "resting" and refused.not_before is not None:
        wait = max(1, round((refused.not_before - now).total_seconds()))
        said = board.last_words(connection, platform.id)
        why = f"（{said}）" if said else ""
        return f"平台暂时不可用{why}，约 {wait} 秒后可再试；未报送的都已保留"
    if refused.why in ("closed", "rate"):
        return f"{words(refused)}；未报送的都已保留"
    under_way = board.under_way(connection, platform.id)
    if under_way.until is not None:
        wait = max(1, round((under_way.until - now).total_seconds()))
        return (
            f"{under_way.count} 条正由另一程序报送，或上次报送时被中断；"
            f"若是中断，约 {wait} 秒后再执行 xinqiao sync 即会向平台查证"
        )
    return _without_form(board.ready_without_form(connection, platform), platform.id)


def _without_form(waiting: Mapping[str, int], platform: str) -> str:
    """Return what a person is told of kinds that the profile has no form for."""
    if not waiting:
        return ""
    told = "、".join(f"{kind_of(kind).name} {count} 条" for kind, count in waiting.items())
    return (
        f"平台档案没有写怎样报送{told}，未报送（缺什么见 xinqiao platforms check {platform}；"
        "不报这个平台的，在 xinqiao.toml 的 [routes] 中关闭）"
    )
