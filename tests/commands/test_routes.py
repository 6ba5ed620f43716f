"""``xinqiao routes`` on a terminal: what is switched, what follows, and why."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import DOCUMENT, IDENTITY_NUMBER, company, person, write_book

OTHER = "transport_credit"
ON = "\n[routes.permit]\ntransport_credit = true\n"
OFF = "\n[routes.permit]\ncredit_shandong = false\n"


def switch(terminal: Terminal, text: str) -> None:
    path = terminal.workspace.root / "xinqiao.toml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


@pytest.fixture
def filled(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal whose workspace has two permits, one of a person."""
    shown = terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1), person(2)))
    assert shown.code == 0, shown.out
    return terminal


def test_the_list_shows_what_is_switched(terminal: Terminal) -> None:
    switch(terminal, ON)
    rows = terminal.run("routes", "list", "--json").json["routes"]
    (row,) = (one for one in rows if (one["kind"], one["platform"]) == ("permit", OTHER))
    assert (row["default"], row["switched"], row["taken"]) == ("off", True, True)
    assert "已打开" in terminal.run("routes", "list").out


def test_the_list_has_every_kind_and_platform(terminal: Terminal) -> None:
    rows = terminal.run("routes", "list", "--json").json["routes"]
    assert len({(one["kind"], one["platform"]) for one in rows}) == 12 * 4
    assert all(one["note"] for one in rows)


def test_rows_of_one_pair_are_told_apart_by_their_condition(terminal: Terminal) -> None:
    lines = terminal.run("routes", "list").out.splitlines()
    penalty = lines.index("行政处罚 penalty")
    block = lines[penalty : lines.index("", penalty)]
    places = [line for line in block if line.startswith("  县政府网站 county_site：报送")]
    assert len(places) == len(set(places)) == 2
    assert ["适用于“处罚依据”写有“安全生产”的，时限 D2" in line for line in places] == [True, False]
    assert all("变更、撤销 D3，自然人的除外" in line for line in places)


@pytest.mark.parametrize("words", [("routes", "list"), ("status",), ("sync",)])
def test_a_wrong_switch_stops_whatever_plans_by_it(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    switch(terminal, "\n[routes.permit]\ntransport_credt = true\n")
    shown = terminal.run(*words)
    assert shown.code == 1
    assert "xinqiao.toml 的 [routes.permit]：没有平台 transport_credt" in shown.err


def test_apply_tells_what_moves_at_each_platform_and_changes_nothing_when_dry(
    filled: Terminal,
) -> None:
    switch(filled, OFF)
    dry = filled.run("routes", "apply", "--reason", "停报", "--dry-run", "--json").json
    assert dry == {
        "changed": 2,
        "platforms": {"credit_shandong": {"owed": 0, "dropped": 2}},
        "by_tables": {},
        "reviews": {},
        "dry_run": True,
    }
    assert {one["state"] for one in filled.run("queue", "list", "--json").json} == {"ready"}
    shown = filled.run("routes", "apply", "--reason", "停报")
    assert "重新判定了 2 条" in shown.out
    states = [one["state"] for one in filled.run("queue", "list", "--json").json]
    assert states == ["cancelled"] * 2
    assert "没有须重新判定的记录" in filled.run("routes", "apply", "--reason", "停报").out


def test_explain_names_rule_article_and_the_reasons_against(filled: Terminal) -> None:
    shown = filled.run("routes", "explain", company(1)[DOCUMENT])
    assert shown.code == 0, shown.err
    for words in ("公开范围：社会公开", "法定时限 2026-11-12", "D1", "第二百零一条", "默认不报送"):
        assert words in shown.out
    told = filled.run("routes", "explain", person(2)[DOCUMENT], "--json").json
    reasons = {one["platform"]: [r["code"] for r in one["reasons"]] for one in told["platforms"]}
    assert reasons["credit_shandong"] == []
    assert reasons["county_site"] == ["natural_person"]


def test_explain_shows_no_personal_number(filled: Terminal) -> None:
    for words in ((), ("--json",)):
        shown = filled.run("routes", "explain", person(2)[DOCUMENT], *words)
        assert IDENTITY_NUMBER not in shown.out + shown.err


def test_explaining_a_record_that_is_not_there_is_an_error(filled: Terminal) -> None:
    shown = filled.run("routes", "explain", "没有这个文号〔2026〕9号")
    assert (shown.code, "没有这条记录" in shown.err) == (1, True)
