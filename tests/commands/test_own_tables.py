"""Copying, editing and checking a workspace's own tables from the command line."""

import json
from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.hub.test_own_tables import CLASSES, PERMIT, PLATFORM, lay
from tests.imports.books import company, write_book
from xinqiao.config.workspace import Workspace


@pytest.fixture
def terminal(rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(rehearsal, monkeypatch)


def take(terminal: Terminal, tmp_path: Path) -> int:
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2))
    return terminal.run("import", book).code


def test_a_copy_is_written_once_with_its_code_tables_and_never_over_another(
    terminal: Terminal,
) -> None:
    done = terminal.run("formats", "copy", PLATFORM, "permit", "--json").json
    written = {
        Path(one).relative_to(terminal.workspace.tables).as_posix() for one in done["written"]
    }
    assert {PERMIT, CLASSES} <= written
    assert "transport_credit / permit" in done["shared"]["permit_class"]
    assert terminal.run("formats", "check").code == 0
    (terminal.workspace.tables / PERMIT).write_text("本单位改过", "utf-8")
    again = terminal.run("formats", "copy", PLATFORM, "permit")
    assert (again.code, "没有覆盖" in again.err) == (1, True)
    assert (terminal.workspace.tables / PERMIT).read_text("utf-8") == "本单位改过"


def test_a_code_table_that_was_edited_before_is_kept(terminal: Terminal) -> None:
    edited = lay(terminal.workspace, CLASSES, ('wire = "普通"', 'wire = "一般"'))
    done = terminal.run("formats", "copy", PLATFORM, "permit", "--json").json
    assert done["kept"] == [str(edited)]
    assert 'wire = "一般"' in edited.read_text("utf-8")


def test_what_the_workspace_uses_is_what_is_listed_and_shown(terminal: Terminal) -> None:
    lay(terminal.workspace, PERMIT, ("length = 4000", "length = 3999"))
    listed = terminal.run("formats", "list", "--json").json
    assert [(one["platform"], one["kind"]) for one in listed if one["own"]] == [
        (PLATFORM, "permit")
    ]
    shown = terminal.run("formats", "show", PLATFORM, "permit", "--json").json
    assert 3999 in {one["length"] for one in shown["fields"]}


def test_a_fault_is_told_with_file_and_line_by_every_command_that_looks(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = lay(terminal.workspace, PERMIT, ('from = "document_number"', 'from = "no_such_field"'))
    line = next(
        number
        for number, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "no_such_field" in text
    )
    for words in (
        ("formats", "check"),
        ("formats", "list"),
        ("platforms", "check", PLATFORM),
        ("doctor", "--json"),
        ("status", "--json"),
    ):
        said = terminal.run(*words)
        told = (said.out + said.err).replace("\n", "")
        assert said.code in {1, 3}, words
        assert f"{path}" in told, words
        assert f"第 {line} 行" in told, words
    # what is imported meanwhile is owed all the same, and somebody is told
    assert take(terminal, tmp_path) == 3
    explained = terminal.run("routes", "explain", company(1)["行政许可决定文书号"]).out
    assert "no_such_field" in explained.replace("\n", "")
    # no correction of a record mends a table
    assert terminal.run("corrections", "--json").json == []


def test_files_that_nothing_uses_are_told(terminal: Terminal) -> None:
    for name in ("permit-2018.toml", "formats/county/permit2018.toml", "codes/nobody.toml"):
        path = terminal.workspace.tables / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")
    said = terminal.run("formats", "check", "--json")
    assert said.code == 3
    stray = {Path(one["file"]).name for one in said.json["stray"]}
    assert stray == {"permit-2018.toml", "permit2018.toml", "nobody.toml"}


def test_an_edit_takes_effect_at_the_next_look_and_once(terminal: Terminal, tmp_path: Path) -> None:
    assert take(terminal, tmp_path) == 0
    lay(terminal.workspace, PERMIT, ("length = 4000", "length = 2"))
    doctor = {one["check"]: one for one in terminal.run("doctor", "--json").json}
    assert "2 条待重新判定" in doctor[f"平台 {PLATFORM}"]["remark"]
    dry = terminal.run("routes", "apply", "--reason", "看看", "--dry-run", "--json").json
    assert dry["by_tables"] == {PLATFORM: {"fitting": 0, "unfit": 2}}
    assert {one["state"] for one in terminal.run("queue", "list", "--json").json} == {"ready"}
    board = terminal.run("status", "--json").json
    assert json.dumps(board["platforms"][PLATFORM]["states"]["ready"]) == "0"
    again = terminal.run("routes", "apply", "--reason", "再看", "--json").json
    assert again["by_tables"] == {}
