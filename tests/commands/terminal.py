"""Typing commands in a workspace, within the test's own process: fast, and with all of ``main``."""

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from xinqiao import cli
from xinqiao.commands import output
from xinqiao.config.workspace import Workspace

WIDTH = 160
"""Columns of the terminal."""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stands on standard output, which must be JSON and nothing else."""
        return json.loads(self.out)


def report_nothing_but_decisions(root: Path) -> None:
    """Close every route to 信用·山东 but those of permits and penalties (``[routes]``)."""
    settings = root / "xinqiao.toml"
    others = ("commitment", "list_entry", "repair", "objection")
    closed = "".join(f"[routes.{kind}]\ncredit_shandong = false\n" for kind in others)
    settings.write_text(f"{settings.read_text('utf-8')}\n{closed}", "utf-8")


@dataclass
class Terminal:
    """A person's terminal with one workspace."""

    workspace: Workspace
    patch: pytest.MonkeyPatch

    def run(self, *words: object) -> Said:
        """Run a command on the workspace as the program itself would."""
        return self.run_bare("-w", self.workspace.root, *words)

    def run_bare(self, *words: object) -> Said:
        """Run a command that is not told of the workspace."""
        out, err = StringIO(), StringIO()
        with self.patch.context() as patch:
            # the console measures its terminal once, when whichever test is first imports it
            patch.setattr(output.console, "_width", WIDTH)
            patch.setattr(sys, "argv", ["xinqiao", *map(str, words)])
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
                cli.main()
        code = end.value.code
        assert isinstance(code, int)
        return Said(code, out.getvalue(), err.getvalue())
