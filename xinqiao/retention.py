"""Keeping contents no longer than they are needed (《个人信息保护法》第十九条): database and files.

The one function here that a person's command and a scheduled job call alike is :func:`prune`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from xinqiao.config.settings import SHORTEST_PAYLOAD_DAYS
from xinqiao.database.engine import Database
from xinqiao.errors import RefusedError, SettingsError
from xinqiao.intake.leftovers import old_workbooks, remove_workbooks
from xinqiao.queue.payloads import PAYLOADS, Cutoff
from xinqiao.queue.pruning import Dropped, note, prune_database, survey_database
from xinqiao.queue.transitions import Cause

_LONGEST_DAYS = 36500
_WORKBOOKS = ("workbooks", "疑点表、待更正表文件")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was dropped, or would be.

    Attributes:
        cutoff: What is younger stayed.
        parts: Every kind of payload, also those of which there was nothing.
    """

    cutoff: Cutoff
    parts: tuple[Dropped, ...]

    @property
    def rows(self) -> int:
        """Rows and files of all kinds."""
        return sum(one.rows for one in self.parts)

    @property
    def bytes(self) -> int:
        """Bytes of all kinds."""
        return sum(one.bytes for one in self.parts)

    def plain(self) -> dict[str, Any]:
        """Return it as ``--json`` and the result of a scheduled job show it."""
        return {
            "cutoff": self.cutoff.at.isoformat(),
            "rows": self.rows,
            "bytes": self.bytes,
            "payloads": {one.name: {"rows": one.rows, "bytes": one.bytes} for one in self.parts},
        }


def cutoff_before(now: datetime, days: int, kept: Mapping[str, int] | None = None) -> Cutoff:
    """Return what is older than ``days`` before ``now``; more than a century counts as one.

    Args:
        now: The present instant.
        days: How long contents are kept.
        kept: Platform → days for which its batches and replies are kept at least (保存期限).
    """
    longer = {name: least for name, least in (kept or {}).items() if least > days}
    return Cutoff(
        now - timedelta(days=max(0, min(days, _LONGEST_DAYS))),
        {name: now - timedelta(days=min(least, _LONGEST_DAYS)) for name, least in longer.items()},
    )


def survey(database: Database, cutoff: Cutoff, now: datetime, folder: Path) -> Pruned:
    """Return what :func:`prune` would drop at ``now``; change nothing.

    Raises:
        RefusedError: As :func:`prune`.
        SettingsError: As :func:`prune`.
    """
    _refuse_young(cutoff, now)
    with database.reading() as connection:
        parts = survey_database(connection, cutoff, now)
    files = old_workbooks(folder, cutoff.at)
    return Pruned(cutoff, (*parts, Dropped(*_WORKBOOKS, len(files), _size(files))))


def prune(database: Database, cutoff: Cutoff, cause: Cause, folder: Path) -> Pruned:
    """Drop payloads older than ``cutoff`` that nothing needs; audit what was dropped.

    An interrupted run has dropped and audited a part; it is simply run again.

    Args:
        database: The hub's database.
        cutoff: What is younger stays.
        cause: Who prunes, when and why.
        folder: Where findings and corrections workbooks are.

    Raises:
        RefusedError: The cutoff is younger than the shortest time that contents are kept.
        SettingsError: A workbook cannot be removed; everything else was.
    """
    _refuse_young(cutoff, cause.at)
    parts = {one.name: Dropped(one.name, one.title, 0, 0) for one in PAYLOADS}
    for one in prune_database(database, cutoff, cause):
        before = parts[one.name]
        parts[one.name] = Dropped(
            one.name, one.title, before.rows + one.rows, before.bytes + one.bytes
        )
    workbooks = _remove_workbooks(database, cutoff, cause, folder)
    return Pruned(cutoff, (*parts.values(), workbooks))


def _remove_workbooks(database: Database, cutoff: Cutoff, cause: Cause, folder: Path) -> Dropped:
    old = old_workbooks(folder, cutoff.at)
    with database.writing() as connection:
        gone = remove_workbooks(old)
        dropped = Dropped(*_WORKBOOKS, len(gone), _size(gone))
        note(connection, dropped, cutoff, cause)
    if len(gone) < len(old):
        raise SettingsError(
            f"{folder} 里有 {len(old) - len(gone)} 个过期的表删不掉：请检查文件夹权限后再执行，"
            "或由人删除；其余的已清理",
            code="findings_file",
        )
    return dropped


def _size(files: Iterable[tuple[Path, int]]) -> int:
    return sum(size for _, size in files)


def _refuse_young(cutoff: Cutoff, now: datetime) -> None:
    if cutoff.at > now - timedelta(days=SHORTEST_PAYLOAD_DAYS):
        raise RefusedError(
            f"只能清理 {SHORTEST_PAYLOAD_DAYS} 天以前的内容：回执和异议来得晚，之前还用得着；"
            f"--older-than 请写 {SHORTEST_PAYLOAD_DAYS} 以上的天数",
            code="too_young",
        )
