"""Editions of the behaviour codes that the bureau imported, kept for ever (行为代码表的各版)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import behaviour_edition
from xinqiao.queue.transitions import Cause
from xinqiao.records.behaviours import Behaviour, BehaviourEdition, Behaviours


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """One import of an edition.

    Attributes:
        edition: What it says.
        version: How often an edition of this name had been imported by then.
        file_name: From which file.
        actor: Who imported it.
        imported_at: When.
        replaced: Whether a later import of the same name holds instead.
    """

    edition: BehaviourEdition
    version: int
    file_name: str
    actor: str
    imported_at: datetime
    replaced: bool


@dataclass(frozen=True, slots=True)
class BehaviourImport:
    """What importing an edition came to.

    Attributes:
        edition: The edition.
        new: False when the same content was in force already: nothing was done.
        added: Codes that the replaced import of the same name had not.
        removed: Codes that it had and this one has not.
        changed: Codes of which it said something else.
        replaces: Whether there was such an import.
    """

    edition: BehaviourEdition
    new: bool
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    changed: Sequence[str] = ()
    replaces: bool = False


def stored_editions(connection: Connection) -> list[StoredEdition]:
    """Return every import, oldest first."""
    statement = sa.select(behaviour_edition).order_by(behaviour_edition.c.id)
    rows = connection.execute(statement).all()
    last = {row.edition: row.id for row in rows}
    counts: dict[str, int] = {}
    found = []
    for row in rows:
        counts[row.edition] = counts.get(row.edition, 0) + 1
        behaviours = {one["code"]: Behaviour(**one) for one in row.behaviours}
        found.append(
            StoredEdition(
                BehaviourEdition(row.edition, behaviours),
                counts[row.edition],
                row.file_name,
                row.actor,
                row.imported_at,
                replaced=last[row.edition] != row.id,
            )
        )
    return found


def behaviours_in_force(connection: Connection) -> Behaviours:
    """Return the editions that hold, in the order in which their names were first imported."""
    held: dict[str, BehaviourEdition] = {}
    for one in stored_editions(connection):
        # a name keeps its place when it is imported again
        held[one.edition.name] = one.edition
    return Behaviours(tuple(held.values()))


def import_edition(
    connection: Connection, edition: BehaviourEdition, file_name: str, sha256: str, cause: Cause
) -> BehaviourImport:
    """Put ``edition`` in force, in the caller's write transaction.

    It holds in place of an earlier import of the same name. Records that are in the hub already
    are measured by it when they are imported again.
    """
    before = next(
        (
            one.edition.behaviours
            for one in stored_editions(connection)
            if one.edition.name == edition.name and not one.replaced
        ),
        None,
    )
    now = edition.behaviours
    if before == now:
        return BehaviourImport(edition, new=False)
    connection.execute(
        sa.insert(behaviour_edition),
        {
            "edition": edition.name,
            "behaviours": [asdict(one) for one in now.values()],
            "file_name": file_name,
            "file_sha256": sha256,
            "actor": cause.actor,
            "imported_at": cause.at,
        },
    )
    known = before or {}
    done = BehaviourImport(
        edition,
        new=True,
        added=[code for code in now if code not in known],
        removed=[code for code in known if code not in now],
        changed=[code for code in now if code in known and known[code] != now[code]],
        replaces=before is not None,
    )
    entry = Entry(
        "behaviours.imported",
        reason=cause.reason,
        details={
            "edition": edition.name,
            "sha256": sha256,
            "codes": len(now),
            "added": len(done.added),
            "removed": len(done.removed),
            "changed": len(done.changed),
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    return done
