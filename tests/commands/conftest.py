"""A terminal with a rehearsal workspace whose platform is surely not there."""

import socket
from collections.abc import Iterator

import pytest

from tests.commands.terminal import Terminal
from xinqiao.config.workspace import Workspace


@pytest.fixture(autouse=True)
def silent_platform(rehearsal: Workspace) -> Iterator[None]:
    """Point the workspace at a port that is taken, so that nobody else can answer on it.

    A rehearsal's usual port may be in use by a simulator on the developer's machine. A socket that
    is bound and does not listen refuses every connection.
    """
    path = rehearsal.root / "platforms" / "credit_shandong.toml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        path.write_text(path.read_text("utf-8").replace(":8642", f":{port}"), "utf-8")
        yield


@pytest.fixture
def terminal(rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(rehearsal, monkeypatch)
