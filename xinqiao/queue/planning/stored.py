"""What was planned and owed before: read, and changed by nothing here (已有计划)."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import duty, holding

Place = tuple[str, str]
"""A record and a platform."""


def held_versions(connection: Connection, ids: Sequence[str]) -> dict[Place, int | None]:
    """Return place → version that the platform is believed to hold; None for nothing."""
    return _versions(connection, ids, holding.c.held_version)


def wanted_versions(connection: Connection, ids: Sequence[str]) -> dict[Place, int | None]:
    """Return place → version that the platform should hold; None for nothing."""
    return _versions(connection, ids, holding.c.wanted_version)


def _versions(
    connection: Connection, ids: Sequence[str], which: sa.Column[int | None]
) -> dict[Place, int | None]:
    found: dict[Place, int | None] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(holding.c.record_id, holding.c.platform, which).where(
            holding.c.record_id.in_(chunk)
        )
        found.update({(row[0], row[1]): row[2] for row in connection.execute(statement)})
    return found


BY_TABLES = ("wanted_key", "findings", "removal", "shown_until", "leaves_key")
"""Columns of a holding that follow from the record and the format tables."""


def planned_rows(
    connection: Connection, platform: str, ids: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """Return record → what was planned for it at ``platform``."""
    found: dict[str, Mapping[str, Any]] = {}
    for chunk in in_chunks(ids):
        statement = sa.select(holding).where(
            holding.c.record_id.in_(chunk), holding.c.platform == platform
        )
        found.update({one["record_id"]: one for one in connection.execute(statement).mappings()})
    return found


def findings_planned(
    connection: Connection, ids: Sequence[str]
) -> dict[str, list[tuple[str, int, list[dict[str, Any]]]]]:
    """Return record → platform, version that it should hold, and what is found about that."""
    found: dict[str, list[tuple[str, int, list[dict[str, Any]]]]] = {}
    for chunk in in_chunks(ids):
        statement = (
            sa.select(
                holding.c.record_id,
                holding.c.platform,
                holding.c.wanted_version,
                holding.c.findings,
            )
            .where(holding.c.record_id.in_(chunk), holding.c.wanted_version.is_not(None))
            .order_by(holding.c.id)
        )
        for row in connection.execute(statement):
            found.setdefault(row[0], []).append((row[1], row[2], row[3]))
    return found


def owed_places(connection: Connection, ids: Sequence[str]) -> set[Place]:
    """Return where a first report is owed, was owed, or was made before us."""
    owed = {(record_id, platform) for record_id, platform, _ in versions_owed(connection, ids)}
    return owed | adopted_places(connection, ids)


def adopted_places(connection: Connection, ids: Sequence[str]) -> set[Place]:
    """Return what was taken over as held: its first report is no matter of ours."""
    found: set[Place] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(holding.c.record_id, holding.c.platform).where(
            holding.c.record_id.in_(chunk), holding.c.adopted_at.is_not(None)
        )
        found.update((row[0], row[1]) for row in connection.execute(statement))
    return found


def versions_owed(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str, int]]:
    """Return record, platform and version of every duty, whatever became of it."""
    owed: set[tuple[str, str, int]] = set()
    for chunk in in_chunks(ids):
        statement = sa.select(duty.c.record_id, duty.c.platform, duty.c.version).where(
            duty.c.record_id.in_(chunk)
        )
        owed.update((row[0], row[1], row[2]) for row in connection.execute(statement))
    return owed
