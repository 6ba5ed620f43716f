"""A bureau, fresh for every test."""

import pytest

from tests.life.bureau import Bureau
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing


@pytest.fixture
def bureau(database: Database, keys: KeyRing, clock: FrozenClock) -> Bureau:
    return Bureau(database, keys, clock)
