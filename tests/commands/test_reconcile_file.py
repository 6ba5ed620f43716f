"""``xinqiao reconcile --ledger`` and ``reconcile source`` as a person types them."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.commands.terminal import Said, Terminal
from tests.imports.books import DECIDED, company, write_book
from tests.reconcile.ledger_files.downloads import text, workbook
from xinqiao.clock import Clock

TODAY = Clock().today()
YESTERDAY = TODAY - timedelta(days=1)
HEADER = ("平台编号", "行政许可决定文书号", "许可内容", "入库时间")


def entry(number: int, at: str = f"{YESTERDAY} 09:30") -> list[Any]:
    return [f"SD-{number}", f"云交许〔2026〕{number:04}号", "道路普通货物运输", at]


def compare(terminal: Terminal, path: Path, *words: object) -> Said:
    asked = ("--platform", "credit_shandong", "--kind", "permit")
    span = ("--from", YESTERDAY, "--to", TODAY)
    return terminal.run("reconcile", "--ledger", path, *asked, *span, *words)


@pytest.mark.parametrize("name", ["台账.xlsx", "台账.csv"])
def test_a_downloaded_ledger_is_compared_without_calling_the_platform(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    rows: list[Sequence[Any]] = [HEADER, entry(1), entry(2)]
    write = workbook if name.endswith("x") else None
    path = write(tmp_path / name, rows) if write else text(tmp_path / name, rows)
    said = compare(terminal, path)
    assert said.code == 3
    assert "本地无 2" in said.out
    assert "不是本系统报送的" in said.out
    assert "以后入库的，不判缺失" in said.out
    listed = terminal.run("reconcile", "items", "list", "--platform", "credit_shandong")
    assert "云交许〔2026〕0002号" in listed.out


def test_json_tells_file_findings_and_how_far_they_reach(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "台账.xlsx", [HEADER, entry(1)])
    found = compare(terminal, path, "--json", "--downloaded", f"{TODAY} 00:00").json
    assert (found["file"], found["kind"], found["entries"]) == ("台账.xlsx", "permit", 1)
    assert found["counts"]["unknown_locally"] == 1
    assert found["complete"] is True
    assert found["seen_until"] is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--kind", "permit"), "只与 --ledger 文件 一起用"),
        (("--ledger", "x.xlsx"), "写明是哪个平台、什么记录"),
        (
            ("--ledger", "x.xlsx", "--platform", "credit_shandong", "--kind", "permit"),
            "下载台账时在平台上选的起止日期",
        ),
        (("--ledger", "x.xlsx", "--full"), "--full 不与 --ledger 一起用"),
        (("--downloaded", "昨天"), "应为时间，如 '2026-11-20 09:30'"),
    ],
)
def test_what_is_missing_is_asked_for(
    terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    said = terminal.run("reconcile", *words)
    assert (said.code, told in said.err) == (2, True), said.err


def test_a_wrong_file_is_refused_with_what_to_do_and_leaves_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    for rows, told in (
        ([HEADER], "--empty"),
        ([HEADER, entry(1, "2025-01-02 08:00")], "没有重合"),
        ([("书号", "内容"), ("x", "y")], "不认识的列有A 列“书号”"),
    ):
        said = compare(terminal, workbook(tmp_path / "台账.xlsx", rows))
        assert (said.code, told in said.err) == (1, True), said.err
    assert compare(terminal, tmp_path / "没有.xlsx").code == 1


def test_the_bureaus_own_import_file_is_no_ledger_and_opens_no_difference(
    terminal: Terminal, tmp_path: Path
) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1), company(2))
    said = compare(terminal, book)
    assert said.code == 1
    assert "这不像平台台账，像本单位的导入表" in said.err
    assert terminal.run("reconcile", "items", "list", "--json").json == []


def test_an_empty_ledger_that_is_confirmed_is_in_order(terminal: Terminal, tmp_path: Path) -> None:
    path = workbook(tmp_path / "台账.xlsx", [HEADER])
    said = compare(terminal, path, "--empty", "--downloaded", f"{TODAY} 00:00")
    assert said.code == 0
    assert "全部一致" in said.out


def decision(number: int, **more: Any) -> dict[str, Any]:
    return {"文书号": f"云交许〔2026〕{number:04}号", "决定日期": "2026-11-03", **more}


def source(terminal: Terminal, path: Path, *words: object) -> Said:
    return terminal.run("reconcile", "source", path, "--kind", "permit", *words)


def test_a_list_of_the_case_system_tells_what_was_never_imported(
    terminal: Terminal, tmp_path: Path
) -> None:
    book = write_book(tmp_path / "许可.xlsx", company(1), company(3, **{DECIDED: "2026/11/04"}))
    assert terminal.run("import", book).code == 0
    path = write_book(tmp_path / "清单.xlsx", decision(1), decision(2))
    said = source(terminal, path)
    assert said.code == 3
    assert "清单 2 条：已导入 1，漏报 1" in said.out
    assert "云交许[2026]0002号" in said.out
    assert "业务系统无 未判" in said.out
    whole = source(terminal, path, "--from", "2026-11-01", "--to", "2026-11-05", "--json")
    assert whole.json["counts"]["not_in_source"] == 1
    listed = terminal.run("reconcile", "items", "list", "--platform", "source")
    assert "漏报" in listed.out
    figure = ("figures", "--figure", "missing", "--platform", "source", "--json")
    assert terminal.run(*figure).json["figures"][0]["numbers"] != []
    both = write_book(tmp_path / "补.xlsx", company(2))
    assert "差异已办结" not in terminal.run("import", both, "--dry-run").out
    assert "业务系统清单里的漏报已补录 1 条，差异已办结" in terminal.run("import", both).out
    # it is counted where it is owed from now on, and not a second time
    assert terminal.run(*figure).json["figures"][0]["numbers"] == []
    again = source(terminal, path)
    assert again.code == 0
    assert "没有漏报" in again.out


def test_half_a_span_and_another_kind_are_wrong_usage(terminal: Terminal, tmp_path: Path) -> None:
    path = write_book(tmp_path / "清单.xlsx", decision(1))
    assert source(terminal, path, "--from", "2026-11-01").code == 2
    assert terminal.run("reconcile", "source", path, "--kind", "permits").code == 2
    assert terminal.run("reconcile", "source", path, "--kind", "news").code == 1
    assert terminal.run("reconcile", "source", tmp_path / "x.xlsx", "--kind", "permit").code == 1
