"""Fixtures of the exchange database's tests: real databases, and connectors that use them."""

from collections.abc import Iterator

import pytest

from tests.adapters.exchange_db.front import Front, fronts
from tests.mariadb import MariaDb, UnavailableError, running


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A real MariaDB server for the whole session; without one, its tests are skipped."""
    try:
        with running() as server:
            yield server
    except UnavailableError as error:
        pytest.skip(f"MariaDB does not run on this machine: {error}")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """An empty exchange database, on each make of server that runs here."""
    with fronts(request) as made:
        yield made


@pytest.fixture(params=["sqlite"])
def file_front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """An empty exchange database in a file, for what is the same on every server."""
    with fronts(request) as made:
        yield made


@pytest.fixture(params=["postgresql"])
def postgresql_front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """An empty exchange database on PostgreSQL."""
    with fronts(request) as made:
        yield made
