"""How a database goes about what it is asked: what it reads, and by which index."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.submission_queue.world import PLATFORM, World
from xinqiao.database.engine import Database

FINISHED = 20_000

_PAST = """
INSERT INTO record (id, kind, matching_key, department, current_version, created_at)
WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {finished})
SELECT 'old-' || i, 'permit', 'old-' || i, '', 1, {day} FROM numbers;

INSERT INTO holding (record_id, platform, wanted_version, held_version, wanted_key, held_key,
                     reference, findings, updated_at)
SELECT id, '{platform}', 1, 1, id, id, 'SD', '[]', {day} FROM record;

INSERT INTO submission (holding_id, record_id, version, platform, kind, operation, state,
                        idempotency_key, due_at, next_attempt_at, attempts, deaths, questions,
                        fence, outcome, created_at, changed_at, platform_key)
SELECT id, record_id, 1, '{platform}', 'permit', 'insert', 'accepted',
       record_id, {day}, {day}, 1, 0, 0, 1, 'accepted', {day}, {day}, record_id FROM holding;

INSERT INTO duty (record_id, platform, rule, version, basis, starts_on, due_on, due_at, counting,
                  calendar, provisional, legal, opened_at, closed_at, closed_by, reported_at)
SELECT record_id, '{platform}', 'D1', 1, '', '2026-01-05', '2026-01-14', {day}, 'exclusive',
       '', false, true, {day}, {day}, 'accepted', {day} FROM holding
"""
_DAY = "TIMESTAMP '2026-01-05 02:00:00'"


def report_long_ago(world: World) -> None:
    """Let there be many records that were reported long ago."""
    with world.database.writing() as connection:
        day = _DAY.removeprefix("TIMESTAMP ") if world.database.dialect == "sqlite" else _DAY
        told = _PAST.format(finished=FINISHED, platform=PLATFORM, day=day)
        for statement in told.split(";"):
            connection.exec_driver_sql(statement)


def take_stock(world: World) -> None:
    """Let the database count what it holds, as it does by itself in the long run."""
    with world.database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement as it went to the database."""

    text: str
    parameters: Any


@contextmanager
def listening(database: Database) -> Iterator[list[Asked]]:
    """Give the list of every statement that is executed inside the block."""
    heard: list[Asked] = []

    def note(
        _connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        heard.append(Asked(text, parameters[0] if many else parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def plan(connection: sa.Connection, asked: Asked) -> list[str]:
    """Return how the database goes about ``asked``, line by line; it is not done."""
    verb = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    rows = connection.exec_driver_sql(verb + asked.text, asked.parameters)
    return [str(row[-1]).strip() for row in rows]


def plans(database: Database, heard: list[Asked]) -> dict[str, list[str]]:
    """Return statement → its plan, of all that read or change rows that exist."""
    with database.writing() as connection:
        return {
            one.text: plan(connection, one)
            for one in heard
            if one.text.startswith(("SELECT", "UPDATE", "DELETE"))
        }


def whole_readings(lines: list[str], *tables: str) -> list[str]:
    """Return the lines of a plan that read one of ``tables`` from end to end.

    Reading a whole index is reading the whole table, unless finished rows are not in it.
    """
    partial = ("ix_submission_work", "ix_submission_one_open", "ix_holding_unf", "ix_duty_open")
    whole = [f"{how} {table} " for table in tables for how in ("SCAN", "Seq Scan on")]
    return [
        line
        for line in lines
        if any(f"{line} ".removeprefix("->  ").startswith(beginning) for beginning in whole)
        and not any(index in line for index in partial)
    ]
