"""Packages that bring connectors, written into a folder that Python looks into."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from xinqiao.adapters.outside.finding import GROUP

Install = Callable[..., None]

MODULE = """
from xinqiao.adapters.base import *

class Ours:
    def __init__(self, profile, surroundings):
        self.options = profile.transport.options
        self.surroundings = surroundings
        self.calls = []
        self.closed = 0
        self.capabilities = Capabilities(
            receipts=ReceiptMode.SYNC, query=True, ledger=True, deduplicates=True, visible_after=5
        )

    def submit(self, batch, send_before=float("inf")):
        self.calls.append(batch.number)
        return Reply(Outcome.ACCEPTED, "0")

    def poll(self, sent):
        return BatchReport(BatchProgress.UNKNOWN_BATCH, Reply(Outcome.RECEIVED))

    def query(self, kind, key):
        return KeyReport(Reply(Outcome.RECEIVED), (LedgerEntry(key, {}),))

    def ledger(self, kind, start, end, page=1):
        return LedgerPage(Reply(Outcome.RECEIVED), complete=True)

    def probe(self):
        return Probe(ok=True, checks=(("线路", True, "通"),))

    def close(self):
        self.closed += 1

build = Ours
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package: its name, its module's text, the name of its connector."""
    monkeypatch.syspath_prepend(tmp_path)
    modules: list[str] = []
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(
        package: str, text: str = MODULE, connector: str = "ours", version: str = "1.2"
    ) -> None:
        module = package.replace("-", "_")
        monkeypatch.delitem(sys.modules, module, raising=False)
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(text), "utf-8")
        told = tmp_path / f"{module}-{version}.dist-info"
        told.mkdir()
        told.joinpath("METADATA").write_text(f"Name: {package}\nVersion: {version}\n", "utf-8")
        told.joinpath("entry_points.txt").write_text(
            f"[{GROUP}]\n{connector} = {module}:build\n", "utf-8"
        )

    return write
