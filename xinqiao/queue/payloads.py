"""Which payloads nothing needs any more, each kind as one row of a table (可清理的内容).

What tells that something was reported stays for ever, whatever its age: records, keys, hashes,
duties, holdings, submissions, receipts and the audit log. So nothing is ever reported twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xinqiao.database.tables import (
    OPEN_STATES,
    attempt,
    batch,
    batch_row,
    holding,
    job_run,
    platform_call,
    record,
    record_version,
    submission,
    worker,
)

TRACES_KEPT = timedelta(days=7)
"""How long calls and workers that are over stay to be looked at; limits look back hours only."""

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What is old enough to be dropped (清理期限).

    Attributes:
        at: What is younger stays.
        longer: Platform → its own, earlier instant, where batches and replies are kept longer.
    """

    at: datetime
    longer: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """One kind of payload.

    Attributes:
        name: English name, for ``--json`` and the audit log.
        title: Chinese name.
        table: Where it stands.
        columns: What counts as its bytes.
        values: What its columns become; None when the whole row goes.
        droppable: Tells from the cutoff, and from the present instant, which rows it is about.
    """

    name: str
    title: str
    table: sa.Table
    columns: Sequence[sa.Column[Any]]
    values: Mapping[str, Any] | None
    droppable: Callable[[Cutoff, datetime], Condition]

    @property
    def key(self) -> tuple[sa.Column[Any], ...]:
        """The columns that tell its rows apart."""
        return tuple(self.table.primary_key.columns)


def settled_batch(cutoff: Cutoff) -> Condition:
    """Return the condition that a batch is old and all that was ever in it is decided."""
    undecided = (
        sa.exists()
        .where(
            batch_row.c.batch_id == batch.c.id,
            submission.c.id == batch_row.c.submission_id,
            submission.c.state.in_(OPEN_STATES),
        )
        .correlate(batch)
    )
    longer = (
        sa.or_(batch.c.platform != platform, batch.c.sealed_at < at)
        for platform, at in sorted(cutoff.longer.items())
    )
    return sa.and_(batch.c.sealed_at < cutoff.at, *longer, sa.not_(undecided))


def _sealed(cutoff: Cutoff, _now: datetime) -> Condition:
    return sa.and_(batch.c.sealed.is_not(None), settled_batch(cutoff))


def _old_attempt(cutoff: Cutoff) -> Condition:
    """Return the condition on an attempt that it is old itself, and about a settled batch."""
    of_settled = sa.exists().where(batch.c.id == attempt.c.batch_id, settled_batch(cutoff))
    return sa.and_(attempt.c.request_started_at < cutoff.at, of_settled.correlate(attempt))


def _poll(cutoff: Cutoff, _now: datetime) -> Condition:
    return sa.and_(attempt.c.purpose == "poll", _old_attempt(cutoff))


def _evidence(cutoff: Cutoff, _now: datetime) -> Condition:
    return sa.and_(
        attempt.c.purpose != "poll", attempt.c.evidence.is_not(None), _old_attempt(cutoff)
    )


def _replaced(cutoff: Cutoff, _now: datetime) -> Condition:
    """Return the condition that a version was replaced, and that nobody may come to need it.

    A submission that changed since the cutoff may still meet a late receipt, after which the
    platform is believed to hold its version.
    """
    newer = sa.exists().where(
        record.c.id == record_version.c.record_id,
        record.c.current_version > record_version.c.version,
    )
    believed = sa.exists().where(
        holding.c.record_id == record_version.c.record_id,
        sa.or_(
            holding.c.held_version == record_version.c.version,
            holding.c.wanted_version == record_version.c.version,
        ),
    )
    under_way = sa.exists().where(
        submission.c.record_id == record_version.c.record_id,
        submission.c.version == record_version.c.version,
        sa.or_(submission.c.state.in_(OPEN_STATES), submission.c.changed_at >= cutoff.at),
    )
    return sa.and_(
        record_version.c.created_at < cutoff.at,
        record_version.c.content.is_not(None),
        newer.correlate(record_version),
        sa.not_(believed.correlate(record_version)),
        sa.not_(under_way.correlate(record_version)),
    )


def _over(_cutoff: Cutoff, now: datetime) -> Condition:
    # a call that never came back is over when its time is
    ended = sa.func.coalesce(platform_call.c.finished_at, platform_call.c.until)
    return ended < now - TRACES_KEPT


def _stopped(cutoff: Cutoff, now: datetime) -> Condition:
    # one that was killed never said that it stopped
    return sa.or_(worker.c.stopped_at < now - TRACES_KEPT, worker.c.progress_at < cutoff.at)


def _done(cutoff: Cutoff, _now: datetime) -> Condition:
    """Return the condition on work done long ago; the last run of each name tells what is due."""
    later = job_run.alias()
    again = sa.exists().where(later.c.name == job_run.c.name, later.c.due_at > job_run.c.due_at)
    return sa.and_(job_run.c.ran_at < cutoff.at, again.correlate(job_run))


PAYLOADS: Sequence[Payload] = (
    Payload(
        "sealed_batches",
        "已办结批次的报文",
        batch,
        (batch.c.sealed,),
        # no receipt can be compared with it any more, so none is asked for
        {"sealed": None, "next_poll_at": None},
        _sealed,
    ),
    Payload(
        "evidence",
        "平台的原始回复",
        attempt,
        (attempt.c.evidence,),
        {"evidence": None, "key_id": None},
        _evidence,
    ),
    Payload(
        "polls",
        "取回执的记录",
        attempt,
        (attempt.c.evidence, attempt.c.code, attempt.c.message),
        None,
        _poll,
    ),
    Payload(
        "contents",
        "被取代的旧版内容",
        record_version,
        (record_version.c.content,),
        {"content": None},
        _replaced,
    ),
    Payload("calls", "调用记录（7 天前）", platform_call, (platform_call.c.worker,), None, _over),
    Payload("workers", "已停止的工作进程", worker, (worker.c.name,), None, _stopped),
    Payload("job_runs", "定时作业的旧记录", job_run, (job_run.c.result,), None, _done),
)
"""Every kind of payload in the database, in the order in which they go."""
