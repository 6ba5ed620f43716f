"""A bureau with some life behind it, and somebody with the database in hand."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from tests.audit.life import live
from tests.reconcile.adoption.office import GO_LIVE, Office
from tests.support import FrozenClock, unprotect
from xinqiao.database.engine import Database
from xinqiao.privacy.keys import KeyRing

Change = Callable[..., None]


@pytest.fixture
def office(database: Database, keys: KeyRing, clock: FrozenClock) -> Office:
    clock.advance((GO_LIVE - clock.now()).total_seconds())
    return Office(database, keys, clock)


@pytest.fixture
def records(office: Office) -> dict[str, str]:
    return live(office)


@pytest.fixture
def change(office: Office) -> Change:
    """Run statements past the program."""

    def run(statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        with office.database.writing() as connection:
            unprotect(connection)
            connection.execute(sa.text(statement), parameters or {})

    return run
