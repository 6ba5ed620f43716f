"""A rehearsal that reports to platforms of its own formats, each with a stand-in beside it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.journey import run
from tests.support import wait_until
from xinqiao.config.platform_files import known_platforms
from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database
from xinqiao.simulator.process import SimulatorProcess, start

_QUICK = {
    "read_seconds = 2": "read_seconds = 0.5",
    "total_seconds = 5": "total_seconds = 1.2",
    "visible_after_seconds = 1": "visible_after_seconds = 0.2",
    "poll_after_seconds = 1": "poll_after_seconds = 0.05",
    "poll_every_seconds = 1": "poll_every_seconds = 0.05",
}


@dataclass
class Bureau:
    """One rehearsal workspace and the stand-ins of its platforms."""

    root: Path
    simulators: Mapping[str, SimulatorProcess]

    @property
    def hub(self) -> Hub:
        """Return a hub as a new process would build it."""
        return Hub(open_workspace(self.root))

    def load(self, name: str, *lines: Sequence[str]) -> Any:
        """Import a CSV file, its headers first, and return the report."""
        path = self.root / "sources" / f"{name}.csv"
        path.write_text("\n".join(",".join(line) for line in lines), "utf-8")
        (report,) = self.hub.importer().run(path, department="")
        return report

    def states(self) -> dict[str, dict[str, int]]:
        """Return platform → state → how many submissions stand in it."""
        return {
            name: {state: count for state, count in board["states"].items() if count}
            for name, board in self.hub.status().items()
        }

    def settle(self, **expected: Mapping[str, int]) -> None:
        """Make passes until the submissions to each platform stand as expected."""

        def settled() -> bool:
            self.hub.sync()
            return self.states() == expected

        wait_until(settled, lambda: f"{self.states()} instead of {expected}")

    def effects(self, platform: str) -> dict[str, int]:
        """Return what the platform took in, by its own book."""
        told: dict[str, int] = self.simulators[platform].received()["effects"]
        return told

    def history(self, platform: str) -> list[list[str]]:
        """Return for each record which operations took effect, oldest first."""
        told: dict[str, list[str]] = self.simulators[platform].received()["history"]
        return list(told.values())

    def run(self, *arguments: str) -> str:
        """Run a command as an operator would; it must succeed."""
        told = run(self.root, *arguments)
        assert told.exit_code == 0, told.output
        return told.output


def open_bureau(root: Path, platforms: Sequence[str], running: ExitStack) -> Bureau:
    """Make a rehearsal with ``platforms`` and start their stand-ins.

    Args:
        root: The workspace's folder.
        platforms: Identifiers.
        running: Ends the stand-ins.
    """
    workspace = create_workspace(root, rehearsal=True, platforms=platforms)
    prepare_database(workspace)
    simulators = {name: running.enter_context(start(name)) for name in platforms}
    for one in known_platforms():
        if one.id in simulators:
            path = root / "platforms" / f"{one.id}.toml"
            text = path.read_text("utf-8")
            port = simulators[one.id].port
            for old, new in {**_QUICK, f":{one.port}": f":{port}"}.items():
                assert old in text
                text = text.replace(old, new)
            path.write_text(text, "utf-8")
    settings = root / "xinqiao.toml"
    text = settings.read_text("utf-8").replace("lease_seconds = 60", "lease_seconds = 10")
    text = text.replace("backoff_first_seconds = 1", "backoff_first_seconds = 0.1")
    settings.write_text(text, "utf-8")
    return Bureau(root, simulators)
