"""A desk at which files are imported, fresh for every test."""

from pathlib import Path

import pytest

from tests.imports.books import Desk
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing


@pytest.fixture
def desk(database: Database, keys: KeyRing, clock: FrozenClock, tmp_path: Path) -> Desk:
    return Desk(database, keys, clock, tmp_path)
