"""``xinqiao catalogue`` on a terminal."""

from pathlib import Path

import openpyxl

from tests.commands.terminal import Terminal


def test_it_works_without_a_workspace(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal.run_bare("-w", tmp_path / "没有", "catalogue")
    assert shown.code == 0, shown.err
    assert "经营业户" in shown.out
    assert "平台发回的" in shown.out


def test_json_names_every_kind_with_its_template(terminal: Terminal) -> None:
    told = terminal.run("catalogue", "--json").json
    assert len(told) == 16
    (news,) = (one for one in told if one["kind"] == "news")
    assert news["template"] == "xinqiao formats template news"
    assert [one["platform"] for one in news["destinations"]] == ["transport_credit"]
    assert {"rule", "days", "legal", "basis", "format"} <= set(news["destinations"][0])


def test_json_has_the_limits_of_changes_and_of_handling(terminal: Terminal) -> None:
    told = {one["kind"]: one for one in terminal.run("catalogue", "--json").json}
    changes = {one["platform"]: one["change"]["rule"] for one in told["penalty"]["destinations"]}
    assert (changes["county_site"], changes["credit_shandong"]) == ("D3", "D4")
    assert [one["rule"] for one in told["objection"]["handling"]] == ["D5", "D5a"]
    assert told["penalty"]["publication"][0]["word"] == "shared"


def test_each_kind_is_a_block_that_fits_the_page(terminal: Terminal) -> None:
    lines = terminal.run("catalogue").out.splitlines()
    start = lines.index("行政处罚 penalty")
    block = lines[start : lines.index("", start)]
    heads = [line.strip() for line in block if not line.startswith("    ")][1:]
    assert heads == ["采集主体", "去向平台", "时限", "变更、撤销时限", "公开范围"]
    assert "    信用·山东：自变更、撤销之日起 3 个工作日（D4）" in block
    objection = lines.index("异议 objection")
    assert "  办理时限" in lines[objection : objection + 20]


def test_a_workbook_is_written_and_not_overwritten_unasked(
    terminal: Terminal, tmp_path: Path
) -> None:
    target = tmp_path / "采集目录.xlsx"
    assert terminal.run("catalogue", "-o", target).code == 0
    assert openpyxl.load_workbook(target).sheetnames == ["采集目录", "平台发回"]
    again = terminal.run("catalogue", "-o", target)
    assert (again.code, "--force" in again.err) == (1, True)
    assert terminal.run("catalogue", "-o", target, "--force").code == 0


def test_a_wrong_switch_of_the_workspace_is_told(terminal: Terminal) -> None:
    path = terminal.workspace.root / "xinqiao.toml"
    path.write_text(
        path.read_text("utf-8") + "\n[routes.permit]\ntransport_credt = true\n", "utf-8"
    )
    shown = terminal.run("catalogue")
    assert shown.code == 1
    assert "xinqiao.toml 的 [routes.permit]" in shown.err
    assert "是不是想写“transport_credit”？" in shown.err
