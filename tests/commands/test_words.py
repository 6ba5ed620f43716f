"""Usage errors, help pages, settings that are wrong: every word Chinese, every end with a code."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.commands.terminal import Terminal
from tests.imports.books import bad, company, write_book
from xinqiao.cli import cli
from xinqiao.config.workspace import Workspace
from xinqiao.hub import Hub
from xinqiao.mapping.registry import formats

PLATFORM = "credit_shandong"
ENGLISH = re.compile(
    r"\b(?:Usage|Options|Commands|Error|Missing|Invalid|Got|No such|default|required|requires|"
    r"INTEGER|FLOAT|PATH|TEXT|is not|Show)\b"
)


def every_command(
    group: click.Group, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    """Return the words and the object of every command and group, however deep."""
    context = click.Context(group)
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += every_command(command, (*path, name))
    return found


EVERY = every_command(cli)


@pytest.mark.parametrize("words", [words for words, _ in EVERY], ids=" ".join)
def test_every_help_page_is_chinese_from_top_to_bottom(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    page = terminal.run_bare(*words, "--help")
    assert page.code == 0
    assert page.out.startswith("用法：")
    assert not ENGLISH.search(page.out)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("statsu",), "没有命令 statsu，是不是想用 status"),
        (("queue", "shwo", "1"), "没有命令 shwo，是不是想用 show"),
        (("status", "--jsno"), "没有选项 --jsno，是不是想用 --json"),
        (("status", "--whatever"), "没有选项 --whatever"),
        (("import",), "缺少 文件"),
        (("deadline",), "缺少 日期"),
        (("queue", "show"), "缺少 编号"),
        (("queue", "show", "甲"), "编号 的值不对：应为整数"),
        (("queue", "list", "--limit", "x"), "--limit 的值不对：应为整数"),
        (("queue", "list", "--state", "x"), "--state 的值不对：只能是 ready、"),
        (("simulate", "--receipt-delay", "x"), "--receipt-delay 的值不对：应为数字"),
        (("queue", "hold", "1", "--reason"), "选项 --reason 后面要写它的值"),
        (("queue", "hold", "1", "--reason", " \u3000"), "--reason 的值不对：不能是空白"),
        (("platforms", "pause", "--all", "--reason", ""), "--reason 的值不对：不能是空白"),
        (("prune", "--reason", "  "), "--reason 的值不对：不能是空白"),
        (("calendar", "import", "x.toml", "--reason", " "), "--reason 的值不对：不能是空白"),
        (("status", "--json=yes"), "选项 --json 后面不写值"),
        (("status", "甲", "乙"), "多出了参数 甲 乙"),
        (("queue", "resolve", "1", "--as", "lost", "--reason", "x"), "--as 的值不对：只能是"),
    ],
)
def test_wrong_usage_is_told_in_chinese_with_the_help_that_explains_it(
    terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    done = terminal.run(*words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith(f"用法有误：{told}")
    assert not ENGLISH.search(done.err)
    page = re.search(r"用 \S+(?: -m \S+)?((?: \w+)*) --help 查看说明\n$", done.err)
    assert page is not None
    # the page that is named exists
    assert terminal.run_bare(*page[1].split(), "--help").code == 0


@pytest.mark.parametrize("words", [(), ("queue",), ("audit",), ("platforms",), ("formats",)])
def test_a_group_without_a_command_is_wrong_usage_and_not_an_error_of_the_program(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    done = terminal.run_bare(*words)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("deadline", "2026-11-20", "--rule", "D99"), "D99"),
        (("sync", "--platform", "nowhere"), "本工作区没有平台“nowhere”，已有：credit_shandong"),
        (("platforms", "show", "nowhere"), "已有：credit_shandong"),
        (("platforms", "check", "nowhere"), "已有：credit_shandong"),
        (("platforms", "pause", "nowhere", "--reason", "x"), "已有：credit_shandong"),
        (("formats", "show", "nowhere", "permit"), "nowhere"),
        (("queue", "show", "77"), "xinqiao queue list"),
        (("audit", "show", "77777"), "77777"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    terminal: Terminal, words: tuple[str, ...], told: str
) -> None:
    done = terminal.run(*words)
    assert done.code == 1
    assert told in "".join(done.err.split("\n"))


def test_an_unknown_kind_is_wrong_usage_and_answered_with_the_known_ones(
    terminal: Terminal,
) -> None:
    done = terminal.run("import", "x.xlsx", "--kind", "permits")
    assert done.code == 2
    assert "permit（行政许可）" in "".join(done.err.split("\n"))


@pytest.mark.parametrize("day", ["明天", "2026-02-30"])
def test_what_is_no_date_is_wrong_usage(terminal: Terminal, day: str) -> None:
    done = terminal.run("deadline", day)
    assert done.code == 2
    assert f"“{day}”不是日期" in done.err


def test_an_error_is_json_too_where_json_was_asked_for(terminal: Terminal) -> None:
    done = terminal.run("queue", "show", 77, "--json")
    assert done.code == 1
    assert done.json["error"]["code"] == "unknown"
    assert "77" in done.json["error"]["message"]


def test_the_remaining_reports_are_json_with_their_keys(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1), bad(2)))
    passed = terminal.run("sync", "--json").json["platforms"][PLATFORM]
    assert {
        "delivered",
        "accepted",
        "awaiting_receipt",
        "rejected",
        "conflict",
        "in_doubt",
        "held",
    } <= set(passed)
    (listed,) = terminal.run("platforms", "list", "--json").json
    assert {"platform", "name", "connected", "confirmed", "paused"} <= set(listed)
    shown = terminal.run("platforms", "show", PLATFORM, "--json").json
    assert len(shown["digest"]) == 64
    assert "rehearsal-only" not in str(shown)
    away = terminal.run("platforms", "check", PLATFORM, "--json")
    assert (away.code, away.json["ok"]) == (3, False)
    assert all({"check", "ok", "remark"} <= set(one) for one in away.json["checks"])
    tables = terminal.run("formats", "list", "--json").json
    listed_tables = [(table["platform"], table["kind"]) for table in tables]
    assert listed_tables == [(table.platform, table.kind) for table in formats()]
    assert ("credit_shandong", "permit") in listed_tables
    assert all({"platform", "kind", "edition", "fields"} <= set(table) for table in tables)
    assert {"code", "name"} <= set(tables[0]["fields"][0])
    (board,) = terminal.run("status", "--json").json["platforms"].values()
    assert (board["states"]["ready"], board["invalid"], board["overdue"]) == (1, 1, 2)


def replace(workspace: Workspace, file: str, old: str, new: str) -> None:
    path = workspace.root / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_status_and_doctor_end_with_3_when_something_needs_a_person(
    terminal: Terminal, tmp_path: Path
) -> None:
    assert terminal.run("status").code == 0
    assert terminal.run("doctor").code == 0
    terminal.run("import", write_book(tmp_path / "许可.xlsx", bad(1)))
    assert terminal.run("status").code == 3
    (terminal.workspace.var).chmod(0o755)
    looked = terminal.run("doctor", "--json")
    assert looked.code == 3
    (wrong,) = [one for one in looked.json if not one["ok"]]
    assert "chmod 700" in wrong["remark"]


def test_doctor_looks_at_everything_else_when_one_thing_is_broken(terminal: Terminal) -> None:
    (terminal.workspace.var / "xinqiao.db").write_bytes(b"no database " * 500)
    looked = terminal.run("doctor", "--json")
    assert looked.code == 3
    checks = {one["check"]: one["ok"] for one in looked.json}
    assert checks["密钥"]
    assert checks["工作日历"]
    assert not checks["数据库"]


def spoil_settings(workspace: Workspace) -> None:
    replace(workspace, "xinqiao.toml", "lease_seconds", "lease_secnods")


def spoil_toml(workspace: Workspace) -> None:
    replace(workspace, "xinqiao.toml", "[delivery]", "[delivery")


def spoil_platform(workspace: Workspace) -> None:
    replace(workspace, f"platforms/{PLATFORM}.toml", "read_seconds", "raed_seconds")


def spoil_transport(workspace: Workspace) -> None:
    path = workspace.root / "platforms" / f"{PLATFORM}.toml"
    path.write_text('profile = "credit_shandong"\ntransport = "http"\n', "utf-8")


def spoil_profile(workspace: Workspace) -> None:
    replace(workspace, f"platforms/{PLATFORM}.toml", '"credit_shandong"', '"credit_shangdong"')


def spoil_credentials(workspace: Workspace) -> None:
    (workspace.root / "secrets" / f"{PLATFORM}.toml").chmod(0o644)


def spoil_lease(workspace: Workspace) -> None:
    replace(workspace, "xinqiao.toml", "lease_seconds = 60", "lease_seconds = 6")


def spoil_address(workspace: Workspace) -> None:
    replace(workspace, "xinqiao.toml", "[logging]", '[database]\nurl = "nonsense"\n\n[logging]')


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_settings, "lease_seconds"),
        (spoil_toml, "xinqiao.toml"),
        (spoil_platform, "read_seconds"),
        (spoil_transport, f"{PLATFORM}.toml"),
        (spoil_profile, "credit_shandong"),
        (spoil_credentials, "chmod 600"),
        (spoil_lease, "lease_seconds"),
        (spoil_address, "database.url"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_what_would_be_right(
    terminal: Terminal, spoil: Callable[[Workspace], None], told: str
) -> None:
    spoil(terminal.workspace)
    done = terminal.run("sync")
    assert done.code == 1
    assert done.err.startswith("错误：")
    assert told in done.err


def test_a_password_in_a_database_address_is_not_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_DATABASE_URL", "nonsense://hub:geheim@127.0.0.1/hub")
    done = terminal.run("status")
    assert done.code == 1
    assert "XINQIAO_DATABASE_URL" in done.err
    assert "geheim" not in done.out + done.err


def break_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_hub: Hub) -> None:
        raise RuntimeError("溪样三")

    monkeypatch.setattr(Hub, "status", breaks)


def test_an_unforeseen_error_is_json_too_and_goes_only_to_the_log(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_status(monkeypatch)
    done = terminal.run("status", "--json")
    assert done.code == 1
    assert done.json["error"]["code"] == "unforeseen"
    assert "溪样三" not in done.out + done.err
    assert "溪样三" in (terminal.workspace.var / "xinqiao.log").read_text("utf-8")


def test_an_unforeseen_error_that_cannot_be_logged_shows_no_data_either(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_status(monkeypatch)
    (terminal.workspace.var / "xinqiao.log").unlink(missing_ok=True)
    (terminal.workspace.var / "xinqiao.log").mkdir()
    done = terminal.run("status")
    assert done.code == 1
    assert "RuntimeError" in done.err
    assert "溪样三" not in done.err
    assert "Traceback" not in done.err


def test_a_deadline_is_explained_without_a_workspace_and_without_the_network(
    tmp_path: Path,
) -> None:
    code = (
        "import sys, xinqiao.cli as c\n"
        "c.cli.main(['deadline', '2026-11-20', '--json'], standalone_mode=False)\n"
        "print(*[m for m in ('httpx', 'sqlalchemy', 'xlsxwriter') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert '"due": "2026-12-01"' in done.stdout
    assert done.stdout.splitlines()[-1] == ""
