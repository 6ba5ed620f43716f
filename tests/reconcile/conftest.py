"""The queue's world, fresh for every test; and one whose platform has a ledger."""

import pytest

from tests.reconcile.ledger_stands import LedgerPlatform
from tests.submission_queue.world import World, make_world
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing

__all__ = ["make_world"]


@pytest.fixture
def office(database: Database, keys: KeyRing, clock: FrozenClock) -> World:
    """A world with a ledger."""
    return World(database, keys, clock, LedgerPlatform())
