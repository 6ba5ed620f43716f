"""What a person at the keyboard meets: words, exit codes, JSON, and the second try."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.commands.terminal import Terminal
from tests.e2e.rehearsal import HEADERS, permit
from xinqiao.cli import COMMANDS
from xinqiao.config.workspace import Workspace
from xinqiao.database.engine import Database
from xinqiao.mapping.registry import formats

HEAVY = (
    "alembic",
    "chinese_calendar",
    "cryptography",
    "httpx",
    "pydantic",
    "python_calamine",
    "sqlalchemy",
    "xlsxwriter",
)
NUMBER = "370323190806133086"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``xinqiao`` on the rehearsal workspace within this process."""

    def command(*words: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
        with monkeypatch.context() as patch:
            for name, text in environment.items():
                patch.setenv(name, text)
            said = terminal.run(*words)
        return subprocess.CompletedProcess(words, said.code, said.out, said.err)

    return command


@pytest.fixture
def spawn(rehearsal: Workspace) -> Run:
    """Run ``xinqiao`` on the rehearsal workspace in a process of its own."""

    def command(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "xinqiao", "-w", str(rehearsal.root), *map(str, words)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "COLUMNS": "160"},
        )

    return command


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of two good permits and one whose class is not in the list."""
    bad = permit(3)
    bad[HEADERS.index("许可类别")] = "批准"
    return write(tmp_path / "许可.xlsx", list(HEADERS), permit(1), permit(2), bad)


def write(path: Path, *rows: list[str]) -> Path:
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("双公示")
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return path


def as_json(done: "subprocess.CompletedProcess[str]") -> Any:
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def test_import_tells_rows_columns_and_reasons_and_asks_for_a_person(run: Run, book: Path) -> None:
    done = run("import", book)
    assert done.returncode == 3
    assert "新增 2" in done.stdout
    assert "许可类别" in done.stdout
    assert "疑点表" in done.stdout


def test_codes_and_streams_of_a_process_of_its_own(spawn: Run, book: Path) -> None:
    imported = spawn("import", book, "--json")
    assert (imported.returncode, imported.stderr) == (3, "")
    assert as_json(imported)["files"][0]["new"] == 2
    failed = spawn("import", "没有.xlsx")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "没有.xlsx" in failed.stderr
    wrong = spawn("queue", "hold", "1")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert spawn("queue", "hold", "1", "--reason", "等函复").returncode == 0


def test_a_second_import_changes_nothing(run: Run, book: Path) -> None:
    run("import", book)
    (report,) = as_json(run("import", book, "--json"))["files"]
    counts = {name: report[name] for name in ("read", "new", "changed", "unchanged", "invalid")}
    assert counts == {"read": 3, "new": 0, "changed": 0, "unchanged": 2, "invalid": 1}


def test_a_dry_run_keeps_nothing(run: Run, book: Path, rehearsal: Workspace) -> None:
    assert run("import", book, "--dry-run").returncode == 3
    assert not list((rehearsal.var / "findings").glob("*"))
    assert as_json(run("queue", "list", "--json")) == []


def test_json_of_an_import_has_the_promised_keys(run: Run, book: Path) -> None:
    (report,) = as_json(run("import", book, "--json"))["files"]
    assert {
        "file",
        "kind",
        "read",
        "new",
        "changed",
        "unchanged",
        "duplicates",
        "invalid",
        "not_routed",
        "findings",
        "findings_file",
    } <= set(report)
    (finding,) = [one for one in report["findings"] if one["severity"] == "error"]
    assert (finding["row"], finding["column"]) == (4, "许可类别")


def test_every_reporting_command_speaks_json(run: Run, book: Path) -> None:
    run("import", book)
    board = as_json(run("status", "--json"))["platforms"]["credit_shandong"]
    assert {
        "states",
        "invalid",
        "overdue",
        "due_soon",
        "past_slack",
        "oldest_due",
        "paused",
    } <= set(board)
    (first, _) = as_json(run("queue", "list", "--json"))
    assert {
        "id",
        "record",
        "kind",
        "platform",
        "operation",
        "state",
        "due_at",
        "attempts",
    } <= set(first)
    assert as_json(run("queue", "show", str(first["id"]), "--json"))["duties"]
    verified = as_json(run("audit", "verify", "--json"))
    assert {"entries", "ok", "first_bad"} <= set(verified)
    assert verified["ok"]
    assert as_json(run("audit", "list", "--json"))
    assert as_json(run("audit", "show", "1", "--json"))["hash"]
    due = as_json(run("deadline", "2026-11-20", "--json"))
    assert (due["due"], due["provisional"]) == ("2026-12-01", False)
    assert {"rule", "counting", "basis"} <= set(due)
    assert as_json(run("platforms", "list", "--json"))[0]["platform"] == "credit_shandong"
    listed = as_json(run("formats", "list", "--json"))
    assert [(one["platform"], one["kind"]) for one in listed] == [
        (table.platform, table.kind) for table in formats()
    ]
    table = as_json(run("formats", "show", "credit_shandong", "permit", "--json"))
    assert {"platform", "kind", "edition", "fields"} <= set(table)
    assert all(check["ok"] for check in as_json(run("doctor", "--json")))


def test_a_platform_that_is_not_there_is_reported_and_loses_nothing(run: Run, book: Path) -> None:
    run("import", book)
    done = run("sync", "--json")
    assert done.returncode == 3
    assert as_json(done)["platforms"]["credit_shandong"]["note"]
    assert {row["state"] for row in as_json(run("queue", "list", "--json"))} == {"ready"}


def test_queue_verbs_need_a_reason_and_are_audited_even_when_refused(run: Run, book: Path) -> None:
    run("import", book)
    assert run("queue", "hold", "1").returncode == 2
    assert run("queue", "hold", "1", "--reason", "等函复").returncode == 0
    refused = run("queue", "hold", "1", "--reason", "再来一次")
    assert refused.returncode == 1
    assert "已挂起" in refused.stderr
    actions = {one["action"] for one in as_json(run("audit", "list", "--json"))}
    assert {"submission.held", "queue.hold_refused"} <= actions


def test_resolving_names_an_evidence_file_that_cannot_be_read(run: Run, book: Path) -> None:
    run("import", book)
    words = ("--as", "accepted", "--evidence", "没有.png", "--reason", "核实")
    done = run("queue", "resolve", "1", *words)
    assert done.returncode == 1
    assert "没有.png" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("statsu",), "status"),
        (("queue", "hold"), "缺少"),
        (("status", "--jsn"), "--json"),
        (("queue", "list", "--state", "lost"), "--state"),
        (("deadline",), "缺少"),
    ],
)
def test_wrong_usage_is_answered_in_chinese_with_code_2(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert "用法有误" in done.stderr
    assert told in done.stderr


def html(path: Path) -> Path:
    path.write_text("<html><table><tr><td>许可</td></tr></table></html>", "utf-8")
    return path


def protected(path: Path) -> Path:
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    return path


def corrupt(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    return path


def misspelt(path: Path) -> Path:
    headers = ["许可内溶" if header == "许可内容" else header for header in HEADERS]
    return write(path, headers, permit(1))


def twins(path: Path) -> Path:
    return write(path, [*HEADERS, "许可类别"], [*permit(1), "普通"])


def of_no_kind(path: Path) -> Path:
    return write(path, ["行政相对人名称", "行政相对人类别", "备注"], ["甲", "自然人", "x"])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        pytest.param(html, "另存为", id="HTML named xlsx"),
        pytest.param(protected, "密码", id="password-protected"),
        pytest.param(corrupt, "坏.xlsx", id="unreadable"),
        pytest.param(write, "空", id="empty sheet"),
        pytest.param(misspelt, "许可内容", id="unknown header"),
        pytest.param(twins, "许可类别", id="two columns for one field"),
        pytest.param(of_no_kind, "行政许可", id="no kind"),
        pytest.param(lambda path: write(path, ["甲"], ["1"]), "表头", id="no header"),
        pytest.param(lambda path: path, "坏.xlsx", id="missing file"),
    ],
)
def test_an_unusable_file_is_named_with_what_to_do_and_nothing_is_stored(
    run: Run, tmp_path: Path, make: Callable[[Path], Path], told: str
) -> None:
    done = run("import", make(tmp_path / "坏.xlsx"))
    assert done.returncode == 1
    assert "坏.xlsx" in done.stderr
    assert told in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr
    assert as_json(run("queue", "list", "--json")) == []


def test_one_unusable_file_does_not_keep_the_others_out(
    run: Run, book: Path, tmp_path: Path
) -> None:
    done = run("import", html(tmp_path / "坏.xlsx"), book)
    assert done.returncode == 1
    assert "新增 2" in done.stdout


def no_workspace(workspace: Workspace) -> None:
    (workspace.root / "xinqiao.toml").unlink()


def no_keys(workspace: Workspace) -> None:
    workspace.key_file.unlink()


def open_keys(workspace: Workspace) -> None:
    workspace.key_file.chmod(0o644)


def damaged(workspace: Workspace) -> None:
    (workspace.var / "xinqiao.db").write_bytes(b"not a database, only words " * 100)


def no_database(workspace: Workspace) -> None:
    (workspace.var / "xinqiao.db").unlink()


@pytest.mark.parametrize(
    ("spoil", "code", "told"),
    [
        (no_workspace, 1, "xinqiao init"),
        (no_keys, 1, "keys.toml"),
        (open_keys, 1, "chmod 600"),
        (damaged, 1, "备份"),
        (no_database, 1, "xinqiao init"),
    ],
)
def test_a_spoilt_workspace_says_what_is_wrong_and_what_to_do(
    run: Run,
    rehearsal: Workspace,
    book: Path,
    spoil: Callable[[Workspace], None],
    code: int,
    told: str,
) -> None:
    spoil(rehearsal)
    done = run("import", book)
    assert done.returncode == code
    assert told in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


def test_a_database_that_can_only_be_read_can_be_read_and_says_so_on_writing(
    run: Run, rehearsal: Workspace, book: Path
) -> None:
    run("import", book)
    path = rehearsal.var / "xinqiao.db"
    only_read = {"XINQIAO_DATABASE_URL": f"sqlite:///file:{path}?mode=ro&uri=true"}
    assert as_json(run("status", "--json", **only_read))["platforms"]
    done = run("queue", "hold", "1", "--reason", "x", **only_read)
    assert done.returncode == 1
    assert "只能读" in done.stderr


def test_a_locked_database_is_told_apart_from_a_broken_one(
    run: Run, rehearsal: Workspace, book: Path
) -> None:
    settings = rehearsal.root / "xinqiao.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[database]\nbusy_seconds = 0.1\n", "utf-8")
    holder = Database(rehearsal.database_url)
    with holder.writing():
        done = run("import", book)
    holder.close()
    assert done.returncode == 1
    assert "稍后再试" in done.stderr
    assert run("import", book).returncode == 3


def test_no_identity_number_reaches_screen_log_or_database(
    run: Run, rehearsal: Workspace, tmp_path: Path
) -> None:
    headers = [*HEADERS, "法定代表人证件类型", "法定代表人证件号码", "备注"]
    good = [*permit(1), "身份证", NUMBER, f"经办人 {NUMBER}"]
    bad = [*permit(2), "身份证", NUMBER[:-1] + "0", f"经办人 {NUMBER}"]
    path = write(tmp_path / "许可.xlsx", headers, good, bad)
    shown = ""
    for words in (
        ("import", path),
        ("import", path, "--json"),
        ("sync",),
        ("status",),
        ("queue", "list", "--json"),
        ("queue", "show", "1", "--json"),
        ("audit", "list", "--json"),
        ("doctor",),
    ):
        done = run(*words)
        shown += done.stdout + done.stderr
    stored = b"".join(file.read_bytes() for file in rehearsal.var.iterdir() if file.is_file())
    for number in (NUMBER, NUMBER[:-1] + "0"):
        assert number not in shown
        assert number.encode() not in stored
    findings = list((rehearsal.var / "findings").glob("*.xlsx"))
    assert findings
    assert not any(path.stat().st_mode & 0o077 for path in findings)


def test_help_is_chinese_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, xinqiao.cli as c\n"
        "try: c.cli.main(['--help'], standalone_mode=False)\n"
        "finally: print([m for m in " + repr(HEAVY) + " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.rstrip().endswith("[]")
    assert all(name in done.stdout for name in COMMANDS)
    assert "Options" not in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_chinese(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "用法" in done.stdout
    assert not any(word in done.stdout for word in ("Usage", "Options", "Show this"))


def test_init_makes_a_workspace_once_and_completes_it_the_second_time(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xinqiao", "init", str(tmp_path / "new"), "--yes"]
    first = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    second = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "已新建" in first.stdout
    assert "已新建" not in second.stdout
