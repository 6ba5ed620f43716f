"""The queue's world on SQLite, fresh for every test."""

import pytest

from tests.submission_queue.world import make_world
from xinqiao.database.engine import Database

__all__ = ["make_world"]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database
