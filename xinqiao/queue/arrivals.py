"""Records that come in after the platform's entry of them was taken over (存量条目的补录).

Such a record is held already: it is not sent a second time. One that says something else than the
entry is kept back for a person.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import holding
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.adoptable import DIFFERING, Judged, Verdict, judge
from xinqiao.queue.adopted import HOW_TO_CORRECT, keep_entries, kept_entries
from xinqiao.queue.adopting import DIFFERS_THERE, hold, keep_back
from xinqiao.queue.changes import Change
from xinqiao.queue.planning.planner import Planner
from xinqiao.queue.transitions import Cause
from xinqiao.records.findings import Finding, Severity
from xinqiao.routing.platforms import platform_name

_DIFFERS = (
    "{platform}原有的同一条与本行不一致（{fields}），没有报送：平台对的，更正后重新导入；"
    f"本行对的，{HOW_TO_CORRECT}"
)


def hold_arrived(
    connection: Connection,
    planner: Planner,
    changes: Sequence[Change],
    keys: KeyRing,
    cause: Cause,
) -> dict[str, tuple[Finding, ...]]:
    """Take as held what platforms told of records that came only now.

    Args:
        connection: The write transaction that planned them.
        planner: Plans what follows.
        changes: New versions of records.
        keys: Of the workspace.
        cause: Who wrote them, and when.

    Returns:
        Record → that it differs from what a platform held before, of those that do.
    """
    kinds = {change.record_id: change.kind for change in changes}
    keyed: dict[tuple[str, str], set[str]] = {}
    for chunk in in_chunks(kinds):
        statement = sa.select(holding.c.record_id, holding.c.platform, holding.c.wanted_key).where(
            holding.c.record_id.in_(chunk),
            holding.c.held_version.is_(None),
            holding.c.wanted_key.is_not(None),
        )
        for record_id, platform, key in connection.execute(statement):
            keyed.setdefault((platform, kinds[record_id]), set()).add(key)
    found: dict[str, tuple[Finding, ...]] = {}
    for (platform, kind), wanted in sorted(keyed.items()):
        kept = kept_entries(connection, keys, platform, kind, wanted)
        known = {key: one for key, one in kept.items() if one.record_id is None}
        entries = {key: one.entry for key, one in known.items()}
        judged = judge(connection, keys, platform, planner.formats.of(platform, kind), entries)
        alike = [one for one in judged if one.verdict is Verdict.ADOPTABLE]
        for adoption_id in sorted({known[one.key].adoption_id for one in alike}):
            of_one = [one for one in alike if known[one.key].adoption_id == adoption_id]
            done = hold(connection, planner, platform, of_one, adoption_id, cause)
            keep_held(connection, keys, platform, kind, done, adoption_id)
        different = [one for one in judged if one.verdict in DIFFERING]
        keep_back(connection, different, cause)
        for one in different:
            if one.candidate is not None:
                record_id = one.candidate.change.record_id
                found[record_id] = (*found.get(record_id, ()), _differs(platform, one))
    return found


def keep_held(
    connection: Connection,
    keys: KeyRing,
    platform: str,
    kind: str,
    done: Sequence[Judged],
    adoption_id: int,
) -> None:
    """Keep with each entry which record of ours is held as it."""
    entries: dict[str, LedgerEntry] = {one.key: one.entry for one in done}
    records = {one.key: one.candidate.change.record_id for one in done if one.candidate is not None}
    keep_entries(connection, keys, platform, kind, entries, adoption_id, records)


def _differs(platform: str, one: Judged) -> Finding:
    fields = "、".join(difference.name for difference in one.differences)
    message = _DIFFERS.format(platform=platform_name(platform), fields=fields)
    return Finding("", DIFFERS_THERE, Severity.WARNING, message)
