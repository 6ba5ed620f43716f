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
