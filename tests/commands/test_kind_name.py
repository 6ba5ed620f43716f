"""A kind that there is not is an error of usage that lists the kinds, at every command."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from xinqiao.records.kinds import KINDS


@pytest.mark.parametrize(
    "words",
    [
        ("import", "许可.xlsx", "--kind", "nosuch"),
        ("formats", "template", "nosuch"),
        ("formats", "show", "credit_shandong", "nosuch"),
        ("corrections", "--kind", "nosuch"),
        ("queue", "list", "--kind", "nosuch"),
        ("queue", "list", "--kind", "permit", "--kind", "nosuch"),
    ],
)
def test_a_kind_that_there_is_not_is_told_with_those_there_are(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    told = terminal.run(*words)
    assert told.code == 2
    plain = "".join(told.err.split())
    assert "没有“nosuch”这种记录类型" in plain
    assert all(f"{kind.identifier}（{kind.name}）" in plain for kind in KINDS.values())


def test_a_kind_that_there_is_is_taken(terminal: Terminal, tmp_path: Path) -> None:
    path = write_book(tmp_path / "许可.xlsx", company(1))
    assert terminal.run("import", path, "--kind", "permit", "--dry-run").code == 0
    assert terminal.run("queue", "list", "--kind", "permit").code == 0
