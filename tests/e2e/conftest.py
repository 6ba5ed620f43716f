"""A rehearsal hub and a simulated platform in a process of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.e2e.journey import Journey, begin
from tests.e2e.rehearsal import PLATFORM, Rehearsal
from xinqiao.config.workspace import Workspace
from xinqiao.simulator.process import SimulatorProcess, start


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with start(PLATFORM) as running:
        yield running


@pytest.fixture
def stage(rehearsal: Workspace, simulator: SimulatorProcess) -> Rehearsal:
    made = Rehearsal(rehearsal, simulator)
    made.set(
        port=(":8642", f":{simulator.port}"),
        read=("read_seconds = 2", "read_seconds = 0.5"),
        total=("total_seconds = 5", "total_seconds = 1.2"),
        visible=("visible_after_seconds = 1", "visible_after_seconds = 0.2"),
        first=("poll_after_seconds = 1", "poll_after_seconds = 0.05"),
        every=("poll_every_seconds = 1", "poll_every_seconds = 0.05"),
    )
    path = rehearsal.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    text = text.replace("lease_seconds = 60", "lease_seconds = 6.5")
    path.write_text(
        text.replace("backoff_first_seconds = 1", "backoff_first_seconds = 0.1"), "utf-8"
    )
    return made


Travel = Callable[..., Journey]


@pytest.fixture
def travel(rehearsal: Workspace) -> Iterator[Travel]:
    """Begin a journey over a shipped profile."""
    with ExitStack() as running:
        yield partial(begin, rehearsal, running=running)
