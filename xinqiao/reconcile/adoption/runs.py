"""The adoptions there were (接管记录)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import ADOPTED, BEFORE_START, adoption, holding, record, withdrawal
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.adoption.findings import Adopted
from xinqiao.reconcile.ledgers.readings import Origin


@dataclass(frozen=True, slots=True)
class Run:
    """One adoption.

    Attributes:
        id: Its number.
        platform: Whose ledger was read.
        kind: Record kind.
        origin: ``api``, ``table`` or ``file``.
        file_name: Of a file.
        starts_on: First day of the ledger.
        ends_on: Last day, included.
        counts: What it came to; empty while it is under way, or when it broke off.
        incomplete: Why the ledger was not read to its end.
        reason: In the person's words.
        actor: Who did it.
        at: When.
        undone_at: When it was undone; None while it stands.
        undone_reason: Why.
    """

    id: int
    platform: str
    kind: str
    origin: str
    file_name: str
    starts_on: date
    ends_on: date
    counts: Mapping[str, int]
    incomplete: str
    reason: str
    actor: str
    at: datetime
    undone_at: datetime | None
    undone_reason: str

    def plain(self) -> dict[str, Any]:
        """Return the run as ``--json`` shows it."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("starts_on", "ends_on", "at", "undone_at"):
            told[name] = None if told[name] is None else told[name].isoformat()
        return told


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided before the start, at one platform (启用前).

    Attributes:
        platform: Identifier.
        kind: Record kind.
        not_adopted: Records that nobody owes and that were not taken over.
        adopted: Records that were taken over as held.
    """

    platform: str
    kind: str
    not_adopted: int
    adopted: int

    def plain(self) -> dict[str, Any]:
        """Return the counts as ``--json`` shows them."""
        return asdict(self)


def begin_run(
    connection: Connection,
    platform: str,
    kind: str,
    origin: Origin,
    days: tuple[date, date],
    cause: Cause,
) -> int:
    """Note that an adoption began; return its number."""
    number: int = connection.execute(
        sa.insert(adoption).returning(adoption.c.id),
        {
            "platform": platform,
            "kind": kind,
            "origin": origin.kind,
            "file_name": mask_identity_numbers(origin.file_name),
            "file_sha256": origin.sha256,
            "starts_on": days[0],
            "ends_on": days[1],
            "counts": {},
            "reason": mask_identity_numbers(cause.reason),
            "actor": cause.actor,
            "at": cause.at,
        },
    ).scalar_one()
    entry = Entry(
        "adoption.begun",
        platform=platform,
        reason=cause.reason,
        details={
            "adoption": number,
            "kind": kind,
            "origin": origin.kind,
            "file": mask_identity_numbers(origin.file_name),
            "sha256": origin.sha256,
            "from": days[0].isoformat(),
            "to": days[1].isoformat(),
        },
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)
    return number


def finish_run(
    connection: Connection, number: int, platform: str, found: Adopted, cause: Cause
) -> None:
    """Note what an adoption came to."""
    incomplete = mask_identity_numbers(found.incomplete)
    connection.execute(
        sa.update(adoption)
        .where(adoption.c.id == number)
        .values(counts=found.counts, incomplete=incomplete)
    )
    entry = Entry(
        "adoption.finished",
        platform=platform,
        reason=cause.reason,
        details={"adoption": number, "incomplete": incomplete, **found.counts},
    )
    append(connection, [entry], actor=cause.actor, at=cause.at)


def runs(connection: Connection) -> list[Run]:
    """Return every adoption, the latest first."""
    columns = [adoption.c[name] for name in Run.__dataclass_fields__]
    statement = sa.select(*columns).order_by(adoption.c.id.desc())
    return [Run(*row) for row in connection.execute(statement)]


def before_start(connection: Connection) -> list[Standing]:
    """Return what was decided before the start and what was taken over, by platform and kind."""
    counts: dict[tuple[str, str], list[int]] = {}
    gone = sa.exists().where(withdrawal.c.record_id == holding.c.record_id)
    both = ((BEFORE_START, sa.not_(gone)), (ADOPTED,))
    for place, where in enumerate(both):
        statement = (
            sa.select(holding.c.platform, record.c.kind, sa.func.count())
            .join(record, record.c.id == holding.c.record_id)
            .where(*where)
            .group_by(holding.c.platform, record.c.kind)
        )
        for platform, kind, count in connection.execute(statement):
            counts.setdefault((platform, kind), [0, 0])[place] = count
    return [Standing(*of, *counts[of]) for of in sorted(counts)]
