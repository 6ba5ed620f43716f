"""A terminal with a rehearsal workspace."""

import pytest

from tests.commands.terminal import Terminal
from xinqiao.config.workspace import Workspace


@pytest.fixture
def terminal(rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(rehearsal, monkeypatch)
