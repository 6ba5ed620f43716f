"""A workspace as the previous release left it, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.database.dumps import DUMP, PLATFORM
from tests.postgresql import Server
from xinqiao.simulator.process import SimulatorProcess, start


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with start(PLATFORM) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def previous(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    simulator: SimulatorProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    """A terminal with the workspace of the previous release, not yet upgraded."""
    workspace = DUMP.workspace(tmp_path / "ws", simulator.port)
    with ExitStack() as stack:
        if request.param == "sqlite":
            DUMP.restore_file(workspace.var / "xinqiao.db")
        else:
            server: Server = request.getfixturevalue("postgresql")
            url = stack.enter_context(server.fresh(migrated=False))
            DUMP.restore_postgresql(url, tmp_path)
            monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        yield Terminal(workspace, monkeypatch)
