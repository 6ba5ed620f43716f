"""What we believe a platform holds, and what we ever sent it: the side of ours in a ledger's check.

Nothing is written here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import REMOVALS, Operation, Outcome
from xinqiao.clock import end_of, local_date, start_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import (
    ADOPTED,
    WITH_REFERENCE,
    holding,
    ledger_line,
    receipt,
    record,
    submission,
)
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.states import OPEN, State
from xinqiao.reconcile.window import EDGE, Window

_CLOCKS_APART = timedelta(days=1)
"""How far a platform's clock may be ahead of ours."""

_PORTION = 400
"""Holdings that are looked at together."""

_EDGE_TOLD = timedelta(minutes=1)
"""The same for a time that the platform told itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose ledger is compared.

    Attributes:
        platform: Identifier.
        kind: Record kind.
        settled_by: What changed after this instant may not show in the ledger yet.
        moment: Which moment counts as reported there.
    """

    platform: str
    kind: str
    settled_by: datetime
    moment: MomentRule = field(default_factory=MomentRule)


@dataclass(frozen=True, slots=True)
class Held:
    """One holding by which we believe that the platform holds something.

    Attributes:
        id: Of the holding.
        record_id: The record.
        version: The version held; None for one that is held as void.
        key: The platform's key.
        unsettled: Whether something about it may have left and is not decided, or was decided so
            short a time ago that the ledger may not show it: a difference proves nothing then.
    """

    id: int
    record_id: str
    version: int | None
    key: str
    unsettled: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission that went out under a key."""

    id: int
    record_id: str
    operation: Operation
    state: State
    changed_at: datetime

    def settled(self, by: datetime) -> bool:
        """Tell whether it was decided by an instant."""
        return self.state not in OPEN and self.changed_at <= by


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One holding that must stand in the ledger of a window.

    Attributes:
        holding_id: Of the holding.
        record_id: The record.
        key: The platform's key.
        at: When it was taken in first.
        days: First and last day on which it may have been taken in.
    """

    holding_id: int
    record_id: str
    key: str
    at: datetime
    days: tuple[date, date]


def held_under(connection: Connection, scope: Scope, keys: Collection[str]) -> dict[str, Held]:
    """Return key → holding for those of ``keys`` that we know."""
    found: dict[str, Held] = {}
    for chunk in in_chunks(keys):
        for _, one in _held(connection, scope, holding.c.held_key.in_(chunk)):
            # beside a record that gave the key up as void, the one that has it now
            if one.key not in found or one.version is not None:
                found[one.key] = one
    return found


def held_by_reference(
    connection: Connection, scope: Scope, references: Collection[str]
) -> dict[str, Held]:
    """Return the platform's id → holding: finds a record whose key was changed over there."""
    found: dict[str, Held] = {}
    for chunk in in_chunks(references):
        # said once more, since an index that leaves most rows out is used only where this is said
        where = sa.and_(
            holding.c.reference.in_(chunk), WITH_REFERENCE, holding.c.held_version.is_not(None)
        )
        found.update(_held(connection, scope, where))
    return found


def sent_under(
    connection: Connection, scope: Scope, keys: Collection[str]
) -> dict[str, list[Sent]]:
    """Return key → what was ever sent under it, oldest first."""
    found: dict[str, list[Sent]] = {}
    for chunk in in_chunks(keys):
        statement = (
            sa.select(
                submission.c.platform_key,
                submission.c.id,
                submission.c.record_id,
                submission.c.operation,
                submission.c.state,
                submission.c.changed_at,
            )
            .where(
                submission.c.platform_key.in_(chunk),
                submission.c.platform == scope.platform,
                submission.c.kind == scope.kind,
            )
            .order_by(submission.c.id)
        )
        for key, number, record_id, operation, state, changed_at in connection.execute(statement):
            one = Sent(number, record_id, Operation(operation), State(state), changed_at)
            found.setdefault(key, []).append(one)
    return found


def not_shown(
    connection: Connection, scope: Scope, window: Window, reading: int
) -> Iterator[Sequence[TakenIn]]:
    """Yield what a whole ledger of ``window`` must show and ``reading`` did not see, in portions.

    The numbers come in a stream; no more than a portion is held in memory.
    """
    unseen = sa.not_(
        sa.exists().where(
            ledger_line.c.reading_id == reading, ledger_line.c.holding_id == holding.c.id
        )
    )
    of_kind = sa.select(record.c.kind).where(record.c.id == holding.c.record_id).scalar_subquery()
    statement = (
        sa.select(holding.c.id)
        .where(
            holding.c.platform == scope.platform,
            holding.c.held_version.is_not(None),
            # its last acceptance was noted then, whatever the platform's clock said
            holding.c.updated_at >= start_of(window.start) - _CLOCKS_APART,
            holding.c.updated_at <= scope.settled_by,
            unseen,
            # asked for by kind first, SQLite would walk every record of that kind
            of_kind == scope.kind,
        )
        .order_by(holding.c.id)
        .execution_options(yield_per=_PORTION)
    )
    found = connection.execute(statement).scalars()
    for ids in found.partitions(_PORTION):
        portion = list(taken_in(connection, scope, window, ids))
        if portion:
            yield portion


def taken_in(
    connection: Connection, scope: Scope, window: Window, ids: Sequence[int]
) -> Iterator[TakenIn]:
    """Yield those of the holdings ``ids`` that a whole ledger of ``window`` must show.

    That is what was accepted within the window by every time that is known of it: from the first
    to the last acceptance under its key, by the platform's clock where it told one, else from our
    send to our receipt. What stands at the edge, or is not settled, may be missing with right.
    """
    told = receipt.c.platform_time
    first = sa.func.min(
        sa.func.coalesce(told, submission.c.request_started_at, submission.c.created_at)
    )
    last = sa.func.max(sa.func.coalesce(told, submission.c.changed_at))
    # one that is not told leaves all of them uncertain
    untold = sa.func.sum(sa.case((told.is_(None), 1), else_=0))
    statement = (
        sa.select(
            holding.c.id,
            holding.c.record_id,
            holding.c.held_key,
            first.label("first"),
            last.label("last"),
            untold.label("untold"),
        )
        .join(
            submission,
            sa.and_(
                submission.c.record_id == holding.c.record_id,
                submission.c.holding_id == holding.c.id,
                submission.c.state == State.ACCEPTED.value,
                submission.c.operation.not_in(sorted(REMOVALS)),
                # a person may report for a row that never went out through us
                sa.func.coalesce(submission.c.platform_key, holding.c.held_key)
                == holding.c.held_key,
            ),
        )
        .outerjoin(
            receipt,
            sa.and_(
                receipt.c.submission_id == submission.c.id,
                receipt.c.platform_time.is_not(None),
                receipt.c.verdict.in_([Outcome.ACCEPTED.value, Outcome.DUPLICATE.value]),
            ),
        )
        .where(
            holding.c.id.in_(ids),
            holding.c.held_version.is_not(None),
            holding.c.updated_at <= scope.settled_by,
            sa.not_(_under_way()),
            # of what was taken over, the platform may go on telling the first time
            sa.or_(holding.c.adopted_at.is_(None), _adopted_within(window)),
        )
        .group_by(holding.c.id, holding.c.record_id, holding.c.held_key)
        .having(
            sa.and_(
                first >= start_of(window.start) + _EDGE_TOLD,
                last < end_of(window.end) - _EDGE_TOLD,
            )
        )
        .order_by(holding.c.id)
    )
    for row in connection.execute(statement):
        inside = start_of(window.start) + EDGE <= row.first and row.last < end_of(window.end) - EDGE
        if inside or not row.untold:
            days = local_date(row.first), local_date(row.last)
            yield TakenIn(row.id, row.record_id, row.held_key or "", row.first, days)
    yield from _adopted(connection, scope, window, ids)


def _adopted(
    connection: Connection, scope: Scope, window: Window, ids: Sequence[int]
) -> Iterator[TakenIn]:
    """Yield what was taken over as held and never changed through us since.

    One of which the platform did not say when it took it in is never called missing.
    """
    statement = (
        sa.select(
            holding.c.id,
            holding.c.record_id,
            holding.c.held_key,
            holding.c.taken_in_at,
        )
        .where(
            holding.c.id.in_(ids),
            ADOPTED,
            _adopted_within(window),
            holding.c.held_version == holding.c.adopted_version,
            holding.c.held_key == holding.c.adopted_key,
            holding.c.updated_at <= scope.settled_by,
            sa.not_(_under_way()),
        )
        .order_by(holding.c.id)
    )
    for number, record_id, key, at in connection.execute(statement):
        yield TakenIn(number, record_id, key, at, (local_date(at), local_date(at)))


def _adopted_within(window: Window) -> sa.ColumnElement[bool]:
    return sa.and_(
        holding.c.taken_in_at >= start_of(window.start) + _EDGE_TOLD,
        holding.c.taken_in_at < end_of(window.end) - _EDGE_TOLD,
    )


def _held(
    connection: Connection, scope: Scope, where: sa.ColumnElement[bool]
) -> Iterator[tuple[str, Held]]:
    """Yield the platform's id and the holding, for those that ``where`` selects."""
    unsettled = sa.or_(holding.c.updated_at > scope.settled_by, _under_way())
    statement = (
        sa.select(
            record.c.kind,
            holding.c.reference,
            holding.c.id,
            holding.c.record_id,
            holding.c.held_version,
            holding.c.held_key,
            unsettled,
        )
        .join(record, record.c.id == holding.c.record_id)
        .where(holding.c.platform == scope.platform, where)
        .order_by(holding.c.id)
    )
    for kind, reference, number, record_id, version, key, pending in connection.execute(statement):
        # asked for by kind, SQLite would walk every record of that kind
        if kind == scope.kind:
            yield reference, Held(number, record_id, version, key or "", unsettled=bool(pending))


def _under_way() -> sa.ColumnElement[bool]:
    """Return the condition that something about a holding may have left and is not decided."""
    other = submission.alias()
    may_have_left = [State.SENDING, State.AWAITING_RECEIPT, State.IN_DOUBT, State.CONFLICT]
    return sa.exists().where(
        # asked for by record: there is an index
        other.c.record_id == holding.c.record_id,
        other.c.holding_id == holding.c.id,
        sa.or_(
            other.c.state.in_([state.value for state in may_have_left]),
            sa.and_(other.c.state == State.HELD.value, other.c.request_started_at.is_not(None)),
        ),
    )
