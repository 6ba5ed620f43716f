"""What follows from new versions beside their plan: for other records, and at platforms (后果).

After a repair the record is shown no more, while platforms that share it keep it. An objection that
is under way takes nothing down: it is only shown beside the record.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy.engine import Connection

from xinqiao.clock import local_date
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.arrivals import hold_arrived
from xinqiao.queue.changes import Change
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.present import OWED, present_changes
from xinqiao.queue.publishing import (
    STILL_DOWN,
    Facts,
    Stop,
    Why,
    facts_of,
    note_stops,
    severity_of,
    standing,
    still_down,
)
from xinqiao.queue.targets import (
    REPAIRING,
    TARGET_NUMBER,
    TARGETING,
    Named,
    is_settled,
    named_by,
    note_target,
)
from xinqiao.queue.transitions import Cause
from xinqiao.records.fields import iso_date
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.kinds import KINDS
from xinqiao.routing.routes import routes_of
from xinqiao.routing.severities import severities

NO_SUCH_RECORD = "no_such_record"
"""Code of the finding that what a repair or objection names is not here."""

REPAIRED_TOO_EARLY = "repaired_too_early"
"""Code of the finding that a repair was granted before the shortest period was over."""

_NOT_HERE = (
    "本库没有该主体的这份文书，公示没有变化：请核对文书号和主体代码；"
    "原文书还没有导入的照常导入即可，导入时按已修复处理，不再公示"
)
_NOT_HERE_OBJECTION = "本库没有该主体的这份文书：请核对文书号和主体代码"


def follow(
    connection: Connection,
    planner: Planner,
    changes: Sequence[Change],
    keys: KeyRing,
    cause: Cause,
) -> dict[str, tuple[Finding, ...]]:
    """Carry out what follows from new versions of repairs, notices and objections.

    Args:
        connection: The write transaction that wrote the versions.
        planner: Plans what is shown.
        changes: The versions; of other kinds nothing follows here.
        keys: To read the records they are about.
        cause: Who wrote them, and when.

    Returns:
        Record → what a person should know about it: it names nothing we have, or comes too early.
    """
    found = _down_still(connection, changes, cause)
    for record_id, differing in hold_arrived(connection, planner, changes, keys, cause).items():
        found[record_id] = (*found.get(record_id, ()), *differing)
    for change in changes:
        if change.kind in TARGETING:
            findings = tuple(_follow_one(connection, planner, change, keys, cause))
            if findings:
                found[change.record_id] = (*found.get(change.record_id, ()), *findings)
    return found


def _follow_one(
    connection: Connection, planner: Planner, change: Change, keys: KeyRing, cause: Cause
) -> Iterator[Finding]:
    before = named_by(connection, change.record_id)
    # a row with errors may name the wrong record
    settled = change.valid and is_settled(change.kind, change.content)
    note_target(connection, change.record_id, change.content, settled=settled)
    yield from left_down(connection, _ids(before), keys, cause)
    if not change.valid:
        return
    named = named_by(connection, change.record_id)
    if not named:
        message = _NOT_HERE if change.kind in REPAIRING else _NOT_HERE_OBJECTION
        yield Finding(TARGET_NUMBER, NO_SUCH_RECORD, Severity.WARNING, message)
        return
    if change.kind not in REPAIRING or not settled:
        return
    # the repairs themselves are read only now: most kinds of record are shown to nobody
    targets = {one.record_id: one for one in present_changes(connection, _ids(named), keys)}
    yield from _too_early(connection, change, list(targets.values()))
    _take_down(connection, planner, change, targets, keys, cause)


def left_down(
    connection: Connection, record_ids: Sequence[str], keys: KeyRing, cause: Cause
) -> Iterator[Finding]:
    """Yield which of ``record_ids`` a repair took down that is about them no more.

    No repair that is changed or withdrawn puts anything up: a person does.
    """
    for one in present_changes(connection, record_ids, keys):
        facts = facts_of(connection, [one.record_id]).get(one.record_id, Facts())
        now = standing(one.kind, one.content, one.decided_on, facts, local_date(cause.at))
        if now.still_down is Why.REPAIRED:
            yield Finding(
                TARGET_NUMBER,
                STILL_DOWN,
                Severity.WARNING,
                f"记录 {one.record_id} 曾据此下架，现在不再是已修复，但仍为下架：应当公示的用 "
                "xinqiao publication restore，不再公示的用 xinqiao publication forbid",
            )


def _down_still(
    connection: Connection, changes: Sequence[Change], cause: Cause
) -> dict[str, tuple[Finding, ...]]:
    """Return record → that it stays down, of those that an import gave no reason to any more."""
    facts = facts_of(connection, [one.record_id for one in changes])
    found: dict[str, tuple[Finding, ...]] = {}
    for one in changes:
        known = facts.get(one.record_id, Facts())
        now = standing(one.kind, one.content, one.decided_on, known, local_date(cause.at))
        if now.still_down is not None:
            found[one.record_id] = (still_down(now.still_down),)
    return found


def _ids(named: Sequence[Named]) -> list[str]:
    return [one.record_id for one in named]


def _too_early(
    connection: Connection, repair: Change, targets: Sequence[Change]
) -> Iterator[Finding]:
    """Yield that the shortest period was not over when the repair was granted."""
    repaired_on = iso_date(repair.content.get("decided_on"))
    facts = facts_of(connection, [one.record_id for one in targets])
    for one in targets:
        said = severity_of(one.kind, one.content, facts.get(one.record_id, Facts()))
        found = severities().of(one.kind, said or repair.content.get("severity"))
        if found is None or one.decided_on is None or repaired_on is None:
            continue
        first_day = found.repairable_from(one.decided_on)
        if repaired_on < first_day:
            yield Finding(
                "decided_on",
                REPAIRED_TOO_EARLY,
                Severity.WARNING,
                f"修复日期 {repaired_on} 早于最短公示期届满之日 {first_day}"
                f"（失信程度{found.word}，{found.basis}），请核对",
            )


def _take_down(
    connection: Connection,
    planner: Planner,
    repair: Change,
    targets: dict[str, Change],
    keys: KeyRing,
    cause: Cause,
) -> None:
    number = repair.content.get(KINDS[repair.kind].number_field, "")
    facts = facts_of(connection, targets)
    stops = [
        Stop(
            record_id,
            Why.REPAIRED,
            number,
            cause.reason or repair.content.get("reason") or f"{KINDS[repair.kind].name} {number}",
        )
        for record_id, one in targets.items()
        if any(route.publishes for route in routes_of(one.kind))
        and facts.get(record_id, Facts()).taken_down is None
    ]
    note_stops(connection, stops, cause)
    shown = [one.record_id for one in stops]
    planner.plan_publication(connection, present_changes(connection, shown, keys, *OWED), cause)
