"""A world for figures: what became of records, written down in plain lists and put into tables."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xinqiao.clock import start_of
from xinqiao.database.engine import Database
from xinqiao.database.tables import (
    batch,
    difference,
    duty,
    holding,
    import_run,
    outage,
    receipt,
    record,
    record_version,
    submission,
)

NUMBER = "云交许〔2026〕{:04}号"
NEVER = datetime.fromisoformat("2026-09-01T00:00:00+00:00")
"""Stands in columns that no figure looks at."""


@dataclass(frozen=True)
class Try:
    """One submission: what the platform said of the row, in order, and what became of it."""

    state: str
    said: tuple[str, ...] = ()
    operation: str = "insert"
    left: bool = True


@dataclass(frozen=True)
class Owed:
    """A record that is or was owed to a platform."""

    platform: str = "credit_shandong"
    kind: str = "permit"
    department: str = ""
    day: date | None = date(2026, 11, 2)
    rule: str = "D1"
    legal: bool = True
    closed_by: str | None = None
    reported_at: datetime | None = None
    wanted: bool = True
    adopted: bool = False
    tries: tuple[Try, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """A correction or withdrawal that is or was owed to a platform."""

    platform: str = "credit_shandong"
    kind: str = "penalty"
    department: str = ""
    day: date = date(2026, 11, 2)
    rule: str = "D4"
    legal: bool = True
    closed_by: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True)
class File:
    """A file that was read in."""

    kind: str = "permit"
    department: str = ""
    day: date = date(2026, 11, 2)
    read: int = 10
    duplicates: int = 1


@dataclass(frozen=True)
class Unknown:
    """A decision that the case system has and we have not."""

    kind: str = "permit"
    department: str = ""
    day: date | None = date(2026, 11, 2)
    open: bool = True


@dataclass(frozen=True)
class Stopped:
    """A day on which a platform stood still all through the office hours."""

    platform: str = "credit_shandong"
    day: date = date(2026, 11, 2)
    revoked: bool = False


Told = Owed | Changed | File | Unknown | Stopped


_TABLES = (
    import_run,
    record,
    record_version,
    difference,
    outage,
    holding,
    duty,
    batch,
    submission,
    receipt,
)
"""In an order in which each may be filled."""

Rows = dict[sa.Table, list[dict[str, Any]]]


def put(database: Database, told: Iterable[Told]) -> None:
    """Empty the tables and write down ``told``."""
    rows: Rows = {table: [] for table in _TABLES}
    numbers = itertools.count(1)
    _file(rows, File(read=0, duplicates=0), next(numbers))
    rows[batch].append(_batch())
    for one in told:
        number = next(numbers)
        if isinstance(one, Owed):
            _owed(rows, one, number, numbers)
        elif isinstance(one, Changed):
            _record(rows, number, one.kind, one.department, {})
            _duty(rows, one, number, one.day, version=2)
        elif isinstance(one, File):
            _file(rows, one, number)
        elif isinstance(one, Stopped):
            _stopped(rows, one)
        else:
            _unknown(rows, one, number)
    with database.writing() as connection:
        for table in reversed(_TABLES):
            connection.execute(sa.delete(table))
        for table, filled in rows.items():
            if filled:
                connection.execute(sa.insert(table), filled)


def _owed(rows: Rows, one: Owed, number: int, numbers: Iterator[int]) -> None:
    _record(rows, number, one.kind, one.department, one.content)
    if one.day is not None:
        _duty(rows, one, number, one.day, version=1)
    rows[holding].append(
        {
            "id": number,
            "record_id": _id(number),
            "platform": one.platform,
            "wanted_version": 1 if one.wanted else None,
            "findings": [],
            "updated_at": NEVER,
            "adopted_at": NEVER if one.adopted else None,
        }
    )
    # one open submission at most: the others of a holding must be finished
    for attempt in one.tries:
        submission_id = next(numbers)
        rows[submission].append(
            {
                "id": submission_id,
                "holding_id": number,
                "record_id": _id(number),
                "version": 1,
                "platform": one.platform,
                "kind": one.kind,
                "operation": attempt.operation,
                "idempotency_key": str(submission_id),
                "state": attempt.state,
                "due_at": NEVER,
                "next_attempt_at": NEVER,
                "attempts": 0,
                "deaths": 0,
                "questions": 0,
                "fence": 0,
                "request_started_at": NEVER if attempt.left else None,
                "created_at": NEVER,
                "changed_at": NEVER,
            }
        )
        for verdict in attempt.said:
            receipt_id = next(numbers)
            rows[receipt].append(
                {
                    "id": receipt_id,
                    "batch_id": 1,
                    "submission_id": submission_id,
                    "verdict": verdict,
                    "code": "",
                    "message": "",
                    "reference": "",
                    "received_at": NEVER,
                    "digest": str(receipt_id),
                }
            )


def _duty(rows: Rows, one: Owed | Changed, number: int, day: date, *, version: int) -> None:
    rows[duty].append(
        {
            "record_id": _id(number),
            "platform": one.platform,
            "rule": one.rule,
            "version": version,
            "basis": "",
            "starts_on": day,
            # figures count anew: what stands here is not looked at
            "due_on": day,
            "due_at": NEVER,
            "counting": "exclusive",
            "calendar": "",
            "provisional": False,
            "legal": one.legal,
            "opened_at": NEVER,
            "closed_at": None if one.closed_by is None else NEVER,
            "closed_by": one.closed_by,
            "reported_at": one.reported_at,
        }
    )


def _record(
    rows: Rows, number: int, kind: str, department: str, content: Mapping[str, str]
) -> None:
    rows[record].append(
        {
            "id": _id(number),
            "kind": kind,
            "matching_key": str(number),
            "department": department,
            "current_version": 1,
            "created_at": NEVER,
        }
    )
    rows[record_version].append(
        {
            "record_id": _id(number),
            "version": 1,
            "content": {"document_number": NUMBER.format(number), **content},
            "content_hash": "",
            "valid": True,
            "findings": [],
            "import_run_id": 1,
            "source_row": 2,
            "created_at": NEVER,
        }
    )


def _file(rows: Rows, one: File, number: int) -> None:
    rows[import_run].append(
        {
            "id": number,
            "file_name": "许可.xlsx",
            "file_sha256": "",
            "kind": one.kind,
            "department": one.department,
            "actor": "",
            "started_at": start_of(one.day),
            "counts": {"read": one.read, "duplicates": one.duplicates},
        }
    )


def _unknown(rows: Rows, one: Unknown, number: int) -> None:
    rows[difference].append(
        {
            "platform": "source",
            "kind": one.kind,
            "what": "never_imported",
            "key_hash": str(number),
            "document_number": NUMBER.format(number),
            "department": one.department,
            "details": {} if one.day is None else {"decided_on": one.day.isoformat()},
            "content_hash": "",
            "suggested": "import",
            "lies_from": NEVER.date(),
            "lies_to": NEVER.date(),
            "opened_at": NEVER,
            "last_seen_at": NEVER,
            "times": 1,
            "closed_at": None if one.open else NEVER,
        }
    )


def _stopped(rows: Rows, one: Stopped) -> None:
    rows[outage].append(
        {
            "platform": one.platform,
            "begins_at": midnight(one.day, 8 * 3600),
            "ends_at": midnight(one.day, 18 * 3600),
            "reason": "",
            "evidence": "",
            "evidence_sha256": "",
            "actor": "",
            "recorded_at": NEVER,
            "revoked_at": NEVER if one.revoked else None,
        }
    )


def _batch() -> dict[str, Any]:
    return {
        "id": 1,
        "number": "1",
        "platform": "credit_shandong",
        "kind": "permit",
        "operation": "insert",
        "edition": "2018",
        "row_count": 1,
        "key_id": "",
        "sha256": "",
        "sealed_at": NEVER,
    }


def _id(number: int) -> str:
    return f"record-{number:06}"


def midnight(day: date, seconds: int = 0) -> datetime:
    """Return the beginning of ``day`` in Shanghai, and some seconds."""
    return start_of(day) + timedelta(seconds=seconds)
