"""Fixtures of all tests: a frozen clock, real keys, a real database, a rehearsal workspace."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from tests.postgresql import Server, UnavailableError, running
from tests.support import FrozenClock
from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.privacy.keys import KeyRing, create_key_file, load_key_file


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the developer's own settings out, and one test's logging out of the next."""
    for name in list(os.environ):
        if name.startswith("XINQIAO_") or name == "SUDO_USER":
            monkeypatch.delenv(name)
    yield
    close = getattr(structlog.get_config()["logger_factory"], "close", None)
    if close is not None:
        close()
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    path = tmp_path / "keys.toml"
    create_key_file(path)
    return load_key_file(path)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL server for the whole session; without one, its tests are skipped."""
    with ExitStack() as stack:
        # a session that is told to end stops as by Ctrl-C, and leaves no server behind
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.callback(signal.signal, signal.SIGTERM, before)
        try:
            server = stack.enter_context(running())
        except UnavailableError as error:
            pytest.skip(f"PostgreSQL does not run on this machine: {error}")
        yield server


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty hub's database in a file, at the present schema; to be copied."""
    path = tmp_path_factory.mktemp("template") / "xinqiao.db"
    made = Database(f"sqlite:///{path}")
    upgrade(made)
    made.close()
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, empty_file: Path) -> Iterator[Database]:
    """An empty hub's database in a file."""
    path = shutil.copy(empty_file, tmp_path / "xinqiao.db")
    made = Database(f"sqlite:///{path}", busy_seconds=5)
    yield made
    made.close()


@pytest.fixture
def postgresql_database(postgresql: Server, clock: FrozenClock) -> Iterator[Database]:
    """An empty hub's database on a server whose clock is the test's."""
    with postgresql.fresh() as url:

        def follow(now: datetime) -> None:
            postgresql.set_clock(url, now)

        follow(clock.now())
        clock.followers.append(follow)
        made = Database(url, busy_seconds=5)
        yield made
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty hub's database; every test that takes it runs on both."""
    made: Database = request.getfixturevalue(f"{request.param}_database")
    return made


@pytest.fixture
def rehearsal(tmp_path: Path, empty_file: Path) -> Workspace:
    workspace = create_workspace(tmp_path / "ws", rehearsal=True, platforms=["credit_shandong"])
    shutil.copy(empty_file, workspace.var / "xinqiao.db")
    return workspace
