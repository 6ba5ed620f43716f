"""``platforms confirm`` in a workspace for real records: only what can work, and what that is."""

from pathlib import Path

import pytest

from tests.commands.terminal import Terminal, report_nothing_but_decisions
from tests.imports.books import company, write_book
from xinqiao.config.workspace import create_workspace
from xinqiao.opening import prepare_database

PLATFORM = "credit_shandong"
HOW = ("platforms", "confirm", PLATFORM, "--reason", "核对过")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal on a workspace for real records."""
    workspace = create_workspace(tmp_path / "real", rehearsal=False, platforms=["credit_shandong"])
    prepare_database(workspace)
    return Terminal(workspace, monkeypatch)


def write(office: Terminal, *lines: str) -> None:
    file = office.workspace.root / "platforms" / f"{PLATFORM}.toml"
    file.write_text("\n".join(lines) + "\n", "utf-8")


def confirmed(office: Terminal) -> bool:
    told: bool = office.run("platforms", "list", "--json").json[0]["confirmed"]
    return told


def test_what_is_confirmed_is_shown(office: Terminal) -> None:
    write(office, 'profile = "credit_template_2018"', "[transport]", "total_seconds = 5")
    refused = office.run(*HOW)
    assert (refused.code, confirmed(office)) == (1, False)
    assert "commitment 缺少平台对这类记录的叫法（words.kinds.commitment）" in refused.err
    assert "在 xinqiao.toml 的 [routes] 中关闭" in refused.err
    report_nothing_but_decisions(office.workspace.root)
    done = office.run(*HOW)
    assert (done.code, confirmed(office)) == (0, True), done.err
    digest = office.run("platforms", "show", PLATFORM, "--json").json["digest"]
    assert digest in done.out
    assert "参考" in done.out
    assert "栏未经平台方文件确认" in done.out


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ('profile = "credit_template_2018"', "[transport]", "total_seconds = 5000"),
            "delivery.lease_seconds",
        ),
        (
            ('profile = "transport_csv_folder"', "[transport]", 'folder = "x"'),
            "上报文件夹",
        ),
        (('profile = "credit_shandong"', "[transport]", 'base_url = "https://a.invalid"'), "凭据"),
    ],
)
def test_what_cannot_work_is_not_confirmed(
    office: Terminal, lines: tuple[str, ...], said: str
) -> None:
    write(office, *lines)
    if "csv" in lines[0]:
        settings = office.workspace.root / "xinqiao.toml"
        text = settings.read_text("utf-8").replace("lease_seconds = ", "lease_seconds = 9")
        settings.write_text(text, "utf-8")
    refused = office.run(*HOW)
    assert (refused.code, said in refused.err) == (1, True), refused.err
    assert confirmed(office) is False


def test_a_pass_says_why_a_platform_rests(terminal: Terminal, tmp_path: Path) -> None:
    write(
        terminal,
        'profile = "transport_csv_folder"',
        "[transport]",
        'folder = "gone"',
        "total_seconds = 5",
        "[receipts.file]",
        'folder = "gone"',
    )
    terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1)))
    note = terminal.run("sync", "--json").json["platforms"][PLATFORM]["note"]
    assert "平台暂时不可用（" in note
    assert "文件夹" in note
    assert "模拟平台" not in note
