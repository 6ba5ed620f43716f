"""Withdrawing a record whose decision was revoked, changed away or held void (撤回).

Every platform that holds it, or may come to hold it, lets go of it in its own way; what never left
is not sent at all. An import never brings a withdrawn record back.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.holdings import noted
from xinqiao.clock import local_date
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import (
    PRESENT_VERSION,
    duty,
    holding,
    record,
    record_version,
    submission,
    withdrawal,
)
from xinqiao.errors import InputError, RefusedError
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.changes import Change
from xinqiao.queue.consequences import follow
from xinqiao.queue.duties import Owed, open_duties, reopen_waived, waive
from xinqiao.queue.holdings import may_hold, replan, write_holdings
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.states import State
from xinqiao.queue.targets import forget_target
from xinqiao.queue.transitions import Cause
from xinqiao.routing.rules import BUREAU


@dataclass(frozen=True, slots=True)
class Revocation:
    """What a person says about a decision that no longer holds.

    Attributes:
        decided_on: The day on which it was revoked, changed or held void.
        document: Number or title of the document that says so.
    """

    decided_on: date
    document: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a withdrawal means for one platform.

    Attributes:
        platform: Identifier.
        must_go: Whether the platform holds the record or may come to hold it; otherwise there is
            nothing to take back, and what had not left is not sent.
        due_on: Last day for taking it back, where there is a limit.
        legal: Whether that limit is a legal one.
    """

    platform: str
    must_go: bool
    due_on: date | None = None
    legal: bool = False


def withdraw(
    connection: Connection,
    planner: Planner,
    record_id: str,
    revocation: Revocation,
    cause: Cause,
) -> list[Effect]:
    """Record that no platform should hold a record any more; return what follows at each.

    Raises:
        RefusedError: It is withdrawn already.
        InputError: The revocation lies in the future or before the decision itself.
    """
    row = _current(connection, record_id)
    _refuse_second(connection, record_id)
    _check_date(revocation.decided_on, row.decided_on, local_date(cause.at))
    connection.execute(
        sa.insert(withdrawal),
        {
            "record_id": record_id,
            "reason": mask_identity_numbers(cause.reason),
            "decided_on": revocation.decided_on,
            "document": mask_identity_numbers(revocation.document),
            "actor": cause.actor,
            "at": cause.at,
        },
    )
    entry = Entry(
        "record.withdrawn",
        record_id=record_id,
        reason=cause.reason,
        details={
            "decided_on": revocation.decided_on.isoformat(),
            "document": mask_identity_numbers(revocation.document),
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    places = _places(connection, record_id)
    # what is encrypted there decides over no rule
    rules = planner.change_rules(row.kind, row.content or {})
    version = _next_version(connection, record_id, row.version)
    owed = [
        Owed(record_id, place.platform, rule, version, revocation.decided_on)
        for place in places
        if place.may_hold and (rule := rules.get(place.platform)) is not None
    ]
    open_duties(connection, owed, planner.counting, planner.calendar, cause)
    with noted(connection, [holding.c.record_id == record_id], cause):
        connection.execute(
            sa.update(holding)
            # by its key it is found, should the platform turn out to hold what it is not known to
            .where(holding.c.record_id == record_id, holding.c.before_start.is_(False))
            .values(
                wanted_version=None,
                wanted_key=sa.case((holding.c.held_version.is_(None), holding.c.wanted_key)),
                findings=[],
                removal=Operation.WITHDRAW.value,
                shown_until=None,
                updated_at=cause.at,
            )
        )
    replan(connection, [(record_id, place.platform) for place in places], cause)
    # what was registered by mistake is not handled, and nothing follows from it
    waive(connection, record_id, BUREAU, "withdrawn", cause)
    forget_target(connection, record_id)
    return [_effect(connection, record_id, place) for place in places]


def restore(
    connection: Connection, planner: Planner, record_id: str, keys: KeyRing, cause: Cause
) -> None:
    """Undo a withdrawal that was recorded by mistake, as long as no platform was told of it.

    That something else was taken back there before, such as after a switch, is no hindrance.

    Raises:
        RefusedError: It is not withdrawn, or a platform was told already.
    """
    row = _current(connection, record_id)
    since = connection.execute(
        sa.delete(withdrawal).where(withdrawal.c.record_id == record_id).returning(withdrawal.c.at)
    ).scalar_one_or_none()
    if since is None:
        raise RefusedError("这条记录没有登记撤回，不必取消", code="not_withdrawn")
    _refuse_told(connection, record_id, since)
    entry = Entry("record.restored", record_id=record_id, reason=cause.reason)
    append(connection, [entry], actor=cause.actor, at=cause.at)
    platforms = [place.platform for place in _places(connection, record_id)]
    for platform in platforms:
        waive(connection, record_id, platform, "withdrawal_undone", cause, after=row.version)
    reopen_waived(connection, [record_id], cause)
    contents = load_present_contents(connection, [(record_id, row.version)], keys)
    content = contents[record_id, row.version]
    change = Change(record_id, row.kind, row.version, content, row.valid, row.decided_on)
    turned = write_holdings(
        connection, planner.rows_at(connection, change, platforms, cause), cause
    )
    replan(connection, [(record_id, platform) for platform in platforms], cause, turned)
    follow(connection, planner, [change], keys, cause)


def withdrawn(connection: Connection, record_id: str) -> bool:
    """Tell whether a record is withdrawn."""
    found = sa.select(sa.exists().where(withdrawal.c.record_id == record_id))
    return bool(connection.execute(found).scalar_one())


@dataclass(frozen=True, slots=True)
class _Place:
    platform: str
    may_hold: bool


def _current(connection: Connection, record_id: str) -> Any:
    statement = (
        sa.select(
            record.c.kind,
            record_version.c.version,
            record_version.c.valid,
            record_version.c.decided_on,
            record_version.c.content,
        )
        .join(
            record_version,
            PRESENT_VERSION,
        )
        .where(record.c.id == record_id)
        .with_for_update(of=record)
    )
    return connection.execute(statement).one()


def _refuse_second(connection: Connection, record_id: str) -> None:
    earlier = connection.execute(
        sa.select(withdrawal).where(withdrawal.c.record_id == record_id)
    ).one_or_none()
    if earlier is not None:
        raise RefusedError(
            f"这条记录已由{earlier.actor}于 {local_date(earlier.at)} 登记撤回"
            f"（依据：{earlier.document}），不必再登记；办理情况见 xinqiao queue list",
            code="already_withdrawn",
        )


def _check_date(revoked_on: date, decided_on: date | None, today: date) -> None:
    if revoked_on > today:
        raise InputError(
            f"撤销日期 {revoked_on} 晚于今天（{today}），请核对 --decided-on", code="in_future"
        )
    if decided_on is not None and revoked_on < decided_on:
        raise InputError(
            f"撤销日期 {revoked_on} 早于原决定日期 {decided_on}，请核对 --decided-on",
            code="before_decision",
        )


def _places(connection: Connection, record_id: str) -> list[_Place]:
    holders = may_hold(connection, [record_id])
    statement = (
        sa.select(holding.c.platform)
        .where(holding.c.record_id == record_id)
        .order_by(holding.c.platform)
    )
    return [
        _Place(platform, (record_id, platform) in holders)
        for platform in connection.execute(statement).scalars()
    ]


def _next_version(connection: Connection, record_id: str, version: int) -> int:
    """Return a version above all that opened a duty: no version of the record comes after it."""
    last = sa.select(sa.func.max(duty.c.version)).where(duty.c.record_id == record_id)
    return max(version, connection.execute(last).scalar_one() or 0) + 1


def _effect(connection: Connection, record_id: str, place: _Place) -> Effect:
    first = connection.execute(
        sa.select(duty.c.due_on, duty.c.legal)
        .where(
            duty.c.record_id == record_id,
            duty.c.platform == place.platform,
            duty.c.closed_at.is_(None),
        )
        .order_by(duty.c.version.desc())
        .limit(1)
    ).one_or_none()
    if not place.may_hold or first is None:
        return Effect(place.platform, place.may_hold)
    return Effect(place.platform, must_go=True, due_on=first.due_on, legal=first.legal)


def _refuse_told(connection: Connection, record_id: str, since: datetime) -> None:
    """Refuse to undo what was withdrawn at ``since`` and has left; earlier removals do not count.

    Raises:
        RefusedError: A platform was told already.
    """
    told = connection.execute(
        sa.select(submission.c.id)
        .join(holding, holding.c.id == submission.c.holding_id)
        .where(
            submission.c.record_id == record_id,
            submission.c.operation == Operation.WITHDRAW.value,
            submission.c.state.not_in([State.READY.value, State.CANCELLED.value]),
            # one that waited already, such as after a switch, may have been sent for this
            sa.or_(submission.c.created_at >= since, submission.c.request_started_at >= since),
            # handed to a person who has not done it: see xinqiao.queue.holdings.replan
            sa.not_(
                sa.and_(
                    submission.c.state == State.HELD.value,
                    submission.c.request_started_at.is_(None),
                    holding.c.held_version.is_not_distinct_from(submission.c.version),
                )
            ),
        )
    ).scalars()
    ids = "、".join(map(str, told))
    if ids:
        raise RefusedError(
            f"撤回已经报给平台（报送件 {ids}），不能取消；"
            "决定确实仍然有效的，请与平台联系，并作为新的决定重新导入",
            code="withdrawal_sent",
        )
