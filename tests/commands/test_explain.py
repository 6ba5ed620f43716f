"""``explain``: a code is looked up before anybody has to ask."""

import pytest

from tests.commands.terminal import Terminal

OWN = """source = "2026 年 11 月平台方电话答复"

[[instruction]]
code = "7788"
means = "主体已注销"
who = "department"
instruction = "请核对{field}是否已注销"
status = "confirmed"
"""


@pytest.fixture
def table(terminal: Terminal) -> Terminal:
    folder = terminal.workspace.root / "tables" / "instructions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "credit_shandong.toml").write_text(OWN, "utf-8")
    return terminal


def test_a_finding_of_ours_is_explained(terminal: Terminal) -> None:
    done = terminal.run("explain", "check_digit")
    assert done.code == 0
    for words in ("号码校验位错误", "科室", "逐位核对"):
        assert words in done.out


def test_a_platforms_code_is_explained_with_where_that_comes_from(terminal: Terminal) -> None:
    done = terminal.run("explain", "1003", "--platform", "credit_shandong")
    assert done.code == 0
    for words in ("写法不合平台要求", "依据", "参考", "credit_shandong.toml"):
        assert words in done.out


def test_what_happens_on_the_way_is_explained_too(terminal: Terminal) -> None:
    assert "等待应答超时" in terminal.run("explain", "read_timeout").out


def test_the_json_tells_the_same(terminal: Terminal) -> None:
    (one,) = terminal.run("explain", "check_digit", "--json").json
    assert (one["code"], one["acts"], one["platform"]) == ("check_digit", "科室", "")
    assert one["instruction"]


def test_an_unknown_code_says_what_to_do_and_which_are_near(terminal: Terminal) -> None:
    done = terminal.run("explain", "chek_digit")
    assert done.code == 1
    assert "check_digit" in done.err
    assert "tables/instructions" in done.err


def test_a_word_that_looks_like_an_identity_number_is_not_repeated(terminal: Terminal) -> None:
    done = terminal.run("explain", "370323190711118764")
    assert done.code == 1
    assert "370323190711118764" not in done.out + done.err


def test_without_a_code_all_are_listed(terminal: Terminal) -> None:
    done = terminal.run("explain", "--platform", "credit_shandong")
    assert done.code == 0
    for code in ("1001", "1002", "4001"):
        assert code in done.out
    assert "check_digit" not in done.out
    assert "check_digit" in terminal.run("explain").out


def test_another_platform_than_those_of_the_workspace_is_named(terminal: Terminal) -> None:
    done = terminal.run("explain", "1003", "--platform", "nowhere")
    assert done.code == 1
    assert "credit_shandong" in done.err


def test_the_workspaces_own_table_is_used_without_a_new_release(table: Terminal) -> None:
    done = table.run("explain", "7788")
    assert done.code == 0
    for words in ("主体已注销", "已按平台方文件核对", "电话答复"):
        assert words in done.out


def test_a_broken_table_is_told_and_the_shipped_one_explained(table: Terminal) -> None:
    file = table.workspace.root / "tables" / "instructions" / "credit_shandong.toml"
    file.write_text(OWN.replace("{field}", "{value}"), "utf-8")
    done = table.run("explain", "1003")
    assert done.code == 3
    assert "写法不合平台要求" in done.out
    assert "{value}" in done.err
    assert "没有采用" in done.err


def test_a_broken_table_is_a_failed_check_and_stops_nothing_else(table: Terminal) -> None:
    file = table.workspace.root / "tables" / "instructions" / "credit_shandong.toml"
    file.write_text(OWN.replace("department", "nobody"), "utf-8")
    checks = table.run("platforms", "check", "credit_shandong", "--json").json["checks"]
    (found,) = (one for one in checks if one["check"] == "处理说明")
    assert not found["ok"]
    assert "第 6 行" in found["remark"]
    for words in (("queue", "list"), ("corrections",), ("sync",), ("status",)):
        assert table.run(*words).code == 0


def test_codes_of_a_profile_that_nobody_explains_are_named_by_the_check(
    terminal: Terminal,
) -> None:
    path = terminal.workspace.root / "platforms" / "credit_shandong.toml"
    more = '\n[operations.poll.rows.verdicts]\n"1099" = "rejected"\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    checks = terminal.run("platforms", "check", "credit_shandong", "--json").json["checks"]
    (found,) = (one for one in checks if one["check"] == "退回代码")
    assert found["ok"]
    assert "1099" in found["remark"]
    assert "1003" not in found["remark"]
