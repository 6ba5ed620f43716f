"""``status`` at the width of a usual terminal, with and without daemons."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from xinqiao.commands.status import show_board, show_workers
from xinqiao.database.engine import Database
from xinqiao.database.tables import worker
from xinqiao.queue.states import State

PLATFORM = "credit_shandong"
SYNC = "→ 继续报送和收取回执：xinqiao sync"


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A terminal on a workspace with one submission."""
    assert terminal.run("import", write_book(tmp_path / "许可.xlsx", company(1))).code == 0
    return terminal


def daemon(terminal: Terminal, name: str, progress_at: datetime) -> None:
    """Let a daemon have given its last sign of life at ``progress_at``."""
    database = Database(terminal.workspace.database_url)
    with database.writing() as connection:
        connection.execute(
            sa.insert(worker).values(
                name=name, started_at=progress_at, progress_at=progress_at, clock_offset=0
            )
        )
    database.close()


def test_without_a_daemon_a_person_is_told_to_go_on(desk: Terminal) -> None:
    assert SYNC in desk.run("status").out
    daemon(desk, "张科员@前置机/7/ab", datetime.now(UTC) - timedelta(hours=1))
    page = desk.run("status").out
    assert SYNC in page
    assert "没有常驻程序在运行" in page


def test_nobody_is_told_to_do_what_a_daemon_does(desk: Terminal) -> None:
    daemon(desk, "张科员@前置机/7/ab", datetime.now(UTC))
    assert SYNC not in desk.run("status").out


def test_nobody_is_told_to_sync_with_a_platform_that_is_paused(desk: Terminal) -> None:
    assert desk.run("platforms", "pause", PLATFORM, "--reason", "平台维护").code == 0
    page = desk.run("status").out
    assert "已暂停：平台维护" in page
    assert SYNC not in page


def test_daemons_of_one_person_on_one_machine_are_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Signs of life are shown in local time, eight hours ahead of UTC."""
    facts = {"alive": True, "clock_offset": 40.0, "progress_at": "2026-11-20T02:03:04+00:00"}
    show_workers([{**facts, "name": f"hub@前置机/{number}/ab"} for number in (123, 456)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "常驻程序在运行 2 个：",
        "  hub@前置机（进程 123，最近 10:03:04）",
        "  hub@前置机（进程 456，最近 10:03:04）",
    ]
    assert lines[3].startswith("hub@前置机（进程 123） 的时钟与数据库相差 40 秒")


def board(**changes: Any) -> dict[str, Any]:
    """Return a board on which everything has something to say."""
    return {
        "name": "信用中国（山东）",
        "states": dict.fromkeys(State, 12),
        "invalid": 3,
        "to_look_at": 0,
        "to_review": 2,
        "to_review_urgent": 1,
        "returned": 1,
        "past_bound": 0,
        "to_correct": 4,
        "overdue": 5,
        "due_soon": 6,
        "past_slack": 3,
        "oldest_due": "2027-01-02",
        "oldest_due_provisional": True,
        "sending_until": "2026-11-20T02:03:04+00:00",
        "paused": False,
        "paused_reason": "",
        "last_success_at": "2026-11-20T02:03:04+00:00",
        "incidents": [],
        "confirmed": False,
        "receipts": "poll",
        "broken": "",
        **changes,
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "待审核 2（其中快到期、已逾期 1），最早截止 2027-01-02（暂定，待次年放假通知）",
        "  → 待审核的，由导入人以外的人审核：xinqiao review list",
        "  → 审核退回的：xinqiao corrections 生成待更正表，改正后再导入",
        "  档案未确认，不会报送；核对后执行 xinqiao platforms confirm",
        "  已暂停：" + "平台维护" * 20,
        "  → 有错的：改好疑点表（var/findings/，或用 xinqiao corrections 重新生成）后再导入",
    ],
)
def test_sentences_are_left_to_the_terminal_to_fold_at_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sentence: str
) -> None:
    """A line that the program itself breaks cannot be copied, and breaks again when it is wide."""
    monkeypatch.setenv("COLUMNS", "80")
    show_board(PLATFORM, board(paused=True, paused_reason="平台维护" * 20))
    assert any(line.endswith(sentence) for line in capsys.readouterr().out.splitlines())
