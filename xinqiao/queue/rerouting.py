"""Planning records again after what decides about them has changed (重新判定).

Routes, or rules of what is owed to nobody, were switched, their tables changed with a release, a
platform's file came after the records, or format tables were edited.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Operation
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import (
    PRESENT_VERSION,
    holding,
    record,
    record_version,
    review,
    submission,
    withdrawal,
)
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.acting import Acting
from xinqiao.queue.arrivals import hold_arrived
from xinqiao.queue.changes import Change
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.routing.exemptions import exemption_of
from xinqiao.routing.routes import Route, chosen_routes, routes_for

_CHUNK = 500


_Row = sa.Row[tuple[object, ...]]


@dataclass(slots=True)
class Refit:
    """What planning again by changed format tables came to.

    Attributes:
        fitting: Platform → how many records can be sent in another form, or can be sent now.
        unfit: Platform → how many cannot be sent, for other reasons than before.
    """

    fitting: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Rerouted:
    """What planning again came to.

    Attributes:
        records: How many records go elsewhere than before, or are exempt for another reason.
        owed: Platform → how many records go there from now on.
        dropped: Platform → how many go there no longer.
        by_tables: What changed format tables came to.
        to_review: Platform → how many wait for a second person from now on.
        released: Platform → how many need wait no longer.
    """

    records: int = 0
    owed: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    by_tables: Refit = field(default_factory=Refit)
    to_review: Counter[str] = field(default_factory=Counter)
    released: Counter[str] = field(default_factory=Counter)


def reroute(acting: Acting, planner: Planner, keys: KeyRing, *, dry_run: bool = False) -> Rerouted:
    """Plan again every record of which rules or switches say otherwise than when it was planned.

    So is what is to be reviewed that was not, or no longer: of that, only what has not left.

    Records are taken in portions, each in a transaction of its own: an interrupted run is simply
    run again, and one after which nothing changed does nothing.

    Args:
        acting: Gives a transaction, and who acts.
        planner: Knows the rules and switches of now.
        keys: Of the workspace.
        dry_run: Tell what would move, and keep nothing.
    """
    found = Rerouted()
    which = record.c.kind.in_([kind.identifier for kind in reported_kinds()])
    after = ""
    while True:
        with acting() as (connection, cause):
            rows = _portion(connection, which, after)
            if not rows:
                return found
            after = rows[-1].id
            changes = list(_changes(connection, rows, keys, _always))
            moved = planner.plan_routes(connection, changes, cause)
            reviewed = planner.plan_reviews(connection, changes, cause)
            excused = _exempt_otherwise(rows, changes, planner)
            turned = {one.record_id for one in moved if one.goes}
            turned |= {one.record_id for one in reviewed if not one.waits}
            _hold_arrived(connection, planner, changes, turned, keys, cause)
            if dry_run:
                connection.rollback()
        found.records += len({one.record_id for one in moved} | excused)
        found.owed.update(one.platform for one in moved if one.goes)
        found.dropped.update(one.platform for one in moved if not one.goes)
        found.to_review.update(one.platform for one in reviewed if one.waits)
        found.released.update(one.platform for one in reviewed if not one.waits)


def await_reviews(acting: Acting, planner: Planner, keys: KeyRing) -> Counter[str]:
    """Let what nobody approved wait, before anything is sent, where its kind is to be reviewed.

    A kind may be put under review while submissions stand ready: they were made when nobody had to
    approve them, and disclose something all the same. What may have left stays as it is.

    Args:
        acting: Gives a transaction, and who acts.
        planner: Knows which kinds are to be reviewed now.
        keys: Of the workspace.

    Returns:
        Platform → how many submissions wait from now on.
    """
    found, after = Counter[str](), ""
    which = _unapproved(planner)
    while planner.reviewed:
        with acting() as (connection, cause):
            rows = _portion(connection, which, after)
            if not rows:
                break
            after = rows[-1].id
            changes = list(_changes(connection, rows, keys, _always))
            reviewed = planner.plan_reviews(connection, changes, cause)
        found.update(one.platform for one in reviewed if one.waits)
    return found


def may_go_unapproved(connection: Connection, planner: Planner) -> bool:
    """Tell whether something stands ready that :func:`await_reviews` would let wait."""
    if not planner.reviewed:
        return False
    statement = sa.select(record.c.id).where(_unapproved(planner), *_OWED).limit(1)
    return connection.execute(statement).one_or_none() is not None


def _unapproved(planner: Planner) -> sa.ColumnElement[bool]:
    """Return the condition that a version stands ready which nobody approved, and which must be."""
    later = review.alias()
    said_after = sa.exists().where(
        later.c.record_id == review.c.record_id,
        later.c.version == review.c.version,
        later.c.id > review.c.id,
    )
    approved = sa.exists().where(
        review.c.record_id == submission.c.record_id,
        review.c.version == submission.c.version,
        review.c.approved,
        ~said_after,
    )
    ready = sa.exists().where(
        submission.c.record_id == record.c.id,
        submission.c.version == record.c.current_version,
        submission.c.state == State.READY.value,
        submission.c.operation.in_([Operation.INSERT.value, Operation.UPDATE.value]),
        ~approved,
    )
    return sa.and_(record.c.kind.in_(sorted(planner.reviewed)), ready)


def _always(_row: _Row, _change: Change) -> bool:
    return True


def _exempt_otherwise(
    rows: Sequence[_Row], changes: Sequence[Change], planner: Planner
) -> set[str]:
    """Return the records that are exempt for another reason than before, or no longer."""
    now = {
        change.record_id: one.id
        for change in changes
        if (one := exemption_of(change.kind, change.content, planner.exemptions)) is not None
    }
    return {row.id for row in rows if row.exemption != now.get(row.id)}


def take_over(acting: Acting, planner: Planner, keys: KeyRing, platform: str) -> int:
    """Plan for ``platform`` the records that were imported before it was there (补接).

    Their time limits run from the decision all the same. An interrupted run is simply run again.

    Returns:
        How many records there were.
    """
    routes = _routes_to(planner, platform)

    def owed(_row: _Row, change: Change) -> bool:
        return bool(chosen_routes(routes[change.kind], change.content))

    alone = replace(planner, platforms=frozenset({platform}), only=frozenset({platform}))
    return _plan_again(acting, alone, keys, _missed(planner, platform), owed)


def may_be_missed(connection: Connection, planner: Planner, platform: str) -> bool:
    """Tell whether records may be owed to ``platform`` that were never planned for it.

    Where it takes no records about natural persons, theirs are among them: only their content
    tells.
    """
    statement = sa.select(record.c.id).where(_missed(planner, platform), *_OWED).limit(1)
    return connection.execute(statement).one_or_none() is not None


def refit(
    acting: Acting, planner: Planner, keys: KeyRing, platform: str, *, dry_run: bool = False
) -> Refit:
    """Plan again what ``platform`` should hold and what was planned by other tables than those now.

    What it holds already is not sent again, and batches under way stay as they were sealed. An
    interrupted run is simply run again, and one after which nothing changed does nothing. Kinds
    whose table is broken stay as they are.

    Args:
        acting: Gives a transaction, and who acts.
        planner: Knows the tables of now.
        keys: Of the workspace.
        platform: Which platform.
        dry_run: Tell what would differ, and keep nothing.
    """
    found, after = Refit(), ""
    which = _outdated(planner, platform)
    while True:
        with acting() as (connection, cause):
            rows = _portion(connection, which, after)
            if not rows:
                return found
            after = rows[-1].id
            changes = list(_changes(connection, rows, keys, _always))
            refitted = planner.plan_tables(connection, platform, changes, cause)
            fitting = {one.record_id for one in refitted if one.fits}
            _hold_arrived(connection, planner, changes, fitting, keys, cause)
            if dry_run:
                connection.rollback()
        found.fitting[platform] += sum(one.fits for one in refitted)
        found.unfit[platform] += sum(not one.fits for one in refitted)


def outdated(connection: Connection, planner: Planner, platform: str) -> int:
    """Return how many records were planned for ``platform`` by other tables than those now."""
    statement = sa.select(sa.func.count()).where(_outdated(planner, platform), *_OWED)
    count: int = connection.execute(statement.select_from(record)).scalar_one()
    return count


def _outdated(planner: Planner, platform: str) -> sa.ColumnElement[bool]:
    """Return the condition that a record is wanted at ``platform`` by other tables than now."""
    digests = planner.formats.digests(platform)
    planned_otherwise = sa.exists().where(
        holding.c.record_id == record.c.id,
        holding.c.platform == platform,
        # an older one is a matter of the rules, which open what is owed with it
        holding.c.wanted_version == record.c.current_version,
        # no two kinds have tables of one digest: their names are part of it
        sa.or_(
            holding.c.format_digest.is_(None),
            holding.c.format_digest.not_in(sorted(digests.values())),
        ),
    )
    return sa.and_(record.c.kind.in_(sorted(digests)), planned_otherwise)


_OWED = (~sa.exists().where(withdrawal.c.record_id == record.c.id),)


def _routes_to(planner: Planner, platform: str) -> dict[str, tuple[Route, ...]]:
    """Return kind → routes to ``platform``, of kinds for which it has a format table."""
    found = {
        kind: routes_for(kind, frozenset({platform}), planner.switches.get(kind))
        for name, kind in planner.formats.known()
        if name == platform and kind in KINDS
    }
    return {kind: routes for kind, routes in found.items() if routes}


def _missed(planner: Planner, platform: str) -> sa.ColumnElement[bool]:
    held = sa.exists().where(holding.c.record_id == record.c.id, holding.c.platform == platform)
    kinds = sorted(_routes_to(planner, platform))
    return sa.and_(record.c.kind.in_(kinds), record.c.exemption.is_(None), ~held)


def _plan_again(
    acting: Acting,
    planner: Planner,
    keys: KeyRing,
    which: sa.ColumnElement[bool],
    needed: Callable[[_Row, Change], bool],
) -> int:
    """Plan again the records that ``which`` selects and of which ``needed`` is true."""
    planned, after = 0, ""
    while True:
        with acting() as (connection, cause):
            rows = _portion(connection, which, after)
            if not rows:
                return planned
            after = rows[-1].id
            changes = list(_changes(connection, rows, keys, needed))
            planner.plan(connection, changes, cause)
            hold_arrived(connection, planner, changes, keys, cause)
            planned += len(changes)


def _hold_arrived(
    connection: Connection,
    planner: Planner,
    changes: Sequence[Change],
    which: Collection[str],
    keys: KeyRing,
    cause: Cause,
) -> None:
    """Take as held what goes to a platform only now and was held there before us."""
    turned = [change for change in changes if change.record_id in which]
    hold_arrived(connection, planner, turned, keys, cause)


def _portion(connection: Connection, which: sa.ColumnElement[bool], after: str) -> list[_Row]:
    statement = (
        sa.select(
            record.c.id,
            record.c.kind,
            record.c.exemption,
            record_version.c.version,
            record_version.c.valid,
            record_version.c.decided_on,
        )
        .join(record_version, PRESENT_VERSION)
        .where(which, record.c.id > after, *_OWED)
        .order_by(record.c.id)
        .limit(_CHUNK)
    )
    return list(connection.execute(statement))


def _changes(
    connection: Connection,
    rows: Sequence[_Row],
    keys: KeyRing,
    needed: Callable[[_Row, Change], bool],
) -> Iterator[Change]:
    contents = load_present_contents(connection, [(row.id, row.version) for row in rows], keys)
    for row in rows:
        content = contents[row.id, row.version]
        change = Change(row.id, row.kind, row.version, content, row.valid, row.decided_on)
        if needed(row, change):
            yield change
