"""An error that nobody foresaw shows one line to the person and everything, masked, to the log."""

import json
import sys

import pytest

from xinqiao import cli
from xinqiao.config.workspace import Workspace
from xinqiao.hub import Hub

NUMBER = "370323190806133086"


def test_an_unforeseen_error_shows_no_traceback_and_no_data(
    rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(_hub: Hub) -> None:
        raise RuntimeError(f"something about {NUMBER}")

    monkeypatch.setattr(Hub, "status", breaks)
    monkeypatch.setattr(sys, "argv", ["xinqiao", "-w", str(rehearsal.root), "status"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    told = capsys.readouterr()
    assert "xinqiao.log" in told.err
    assert "Traceback" not in told.err
    logged = (rehearsal.var / "xinqiao.log").read_text("utf-8")
    assert "RuntimeError" in json.loads(logged.splitlines()[-1])["exception"]
    assert NUMBER not in told.out + told.err + logged
