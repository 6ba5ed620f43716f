"""An office that goes live, fresh for every test."""

import pytest

from tests.reconcile.adoption.office import GO_LIVE, Office
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing


@pytest.fixture
def office(database: Database, keys: KeyRing, clock: FrozenClock) -> Office:
    clock.advance((GO_LIVE - clock.now()).total_seconds())
    return Office(database, keys, clock)
