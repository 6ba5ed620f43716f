"""A log of ten entries, and ways to damage it as somebody with the file in hand could."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import START, unprotect
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.audit.verification.chain import Verification, verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit

LENGTH = 10


def entry(number: int) -> Entry:
    return Entry(
        "submission.sending" if number % 2 else "platform.paused",
        record_id=f"record-{number % 3}",
        submission_id=number,
        platform="credit_shandong" if number < 5 else "county_site",
        reason=f"第 {number} 次",
        details={"attempts": number, "note": "", "late": False, "code": None},
    )


@pytest.fixture
def log(database: Database) -> Database:
    """The database with ten entries, written in two transactions."""
    for numbers in (range(1, 4), range(4, LENGTH + 1)):
        with database.writing() as connection:
            append(connection, [entry(number) for number in numbers], actor="张三", at=START)
    return database


@pytest.fixture
def rows(log: Database) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        with log.reading() as connection:
            found = connection.execute(sa.select(audit).order_by(audit.c.sequence)).mappings()
            return [dict(row) for row in found]

    return read


Tamper = Callable[..., None]


@pytest.fixture
def tamper(log: Database) -> Tamper:
    """Run statements after dropping the triggers, as somebody with the file could."""

    def run(statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        with log.writing() as connection:
            unprotect(connection)
            connection.execute(sa.text(statement), parameters or {})

    return run


@pytest.fixture
def verified(log: Database) -> Callable[[], Verification]:
    def run() -> Verification:
        with log.reading() as connection:
            return verify(connection)

    return run
