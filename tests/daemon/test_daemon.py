"""The process that nobody watches: what is wrong is told once, and it goes on when it is over."""

import os
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.daemon.conftest import DaemonProcess
from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from tests.support import wait_until
from xinqiao.config.workspace import open_workspace
from xinqiao.daemon import Daemon, Troubles, _file_times
from xinqiao.database.tables import submission
from xinqiao.errors import BusyError, SettingsError
from xinqiao.hub import Hub
from xinqiao.simulator.process import start as start_simulator

Start = Callable[[], DaemonProcess]
LONG_ENOUGH_TO_TELL_AGAIN_SECONDS = 2.5


def change(stage: Rehearsal, old: str, new: str) -> None:
    """Change the workspace's settings as an editor would."""
    path = stage.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def accepted(stage: Rehearsal, count: int) -> None:
    """Wait until so many records are accepted."""
    wait_until(lambda: stage.states() == {"accepted": count}, lambda: str(stage.states()))


def test_a_trouble_is_told_once_and_its_end_once() -> None:
    told: list[str] = []
    troubles = Troubles(told.append)
    away = BusyError("连不上数据库")
    troubles.end("数据库")
    for _ in range(3):
        troubles.begin("数据库", away)
    troubles.begin("平台 甲", SettingsError("没有地址"))
    for _ in range(2):
        troubles.end("数据库")
    troubles.begin("数据库", away)
    assert told == [
        "数据库：连不上数据库",
        "平台 甲：没有地址",
        "数据库：已恢复",
        "数据库：连不上数据库",
    ]


def test_another_trouble_with_the_same_thing_is_told_too() -> None:
    told: list[str] = []
    troubles = Troubles(told.append)
    troubles.begin("平台 甲", SettingsError("没有地址", code="address"))
    troubles.begin("平台 甲", SettingsError("没有凭据", code="credentials"))
    troubles.end("平台 甲")
    assert told == ["平台 甲：没有地址", "平台 甲：没有凭据", "平台 甲：已恢复"]


def test_another_mistake_of_the_same_sort_is_told_too() -> None:
    told: list[str] = []
    troubles = Troubles(told.append)
    for words in ("第一处", "第一处", "第二处"):
        troubles.begin("平台 甲", SettingsError(words, code="profile"))
    assert told == ["平台 甲：第一处", "平台 甲：第二处"]


def test_threads_that_meet_one_trouble_tell_it_once() -> None:
    told: list[str] = []
    troubles = Troubles(told.append)
    barrier = threading.Barrier(8)

    def meet() -> None:
        barrier.wait(30)
        troubles.begin("数据库", BusyError("连不上数据库"))

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["数据库：连不上数据库"]


def test_it_delivers_and_collects_until_it_is_told_to_stop(stage: Rehearsal, daemon: Start) -> None:
    stage.load(permit(1), permit(2))
    running = daemon()
    accepted(stage, 2)
    stage.load(permit(3))
    accepted(stage, 3)
    running.signal(signal.SIGTERM)
    assert running.ended() == 0
    assert re.search("已开始.*按 Ctrl-C 结束", running.lines()[0])
    assert "收到停止信号" in running.lines()[-2]
    assert running.lines()[-1] == "已停止；没有报送的都已保留"
    stage.judge(1, 2, 3)
    (seen,) = stage.hub.workers()
    assert seen["stopped_at"] is not None


@pytest.mark.parametrize(
    ("broken", "what"),
    [("xinqiao.toml", "工作区："), (f"platforms/{PLATFORM}.toml", f"平台 {PLATFORM}：")],
)
def test_a_file_that_breaks_while_it_runs_is_told_once_and_nothing_is_sent_until_it_is_mended(
    stage: Rehearsal, daemon: Start, broken: str, what: str
) -> None:
    stage.load(permit(1))
    running = daemon()
    accepted(stage, 1)
    path = stage.workspace.root / broken
    good = path.read_text("utf-8")
    later = stage.file(permit(2))
    importer = stage.hub.importer()
    path.write_text(f"{good}\nbroken = \n", "utf-8")
    running.wait_for(what)
    importer.run(later)
    time.sleep(LONG_ENOUGH_TO_TELL_AGAIN_SECONDS)
    assert len(stage.simulator.received()["calls"]) == 1
    path.write_text(good, "utf-8")
    running.wait_for(f"{what}已恢复")
    accepted(stage, 2)
    running.signal(signal.SIGTERM)
    assert running.ended() == 0
    about = [line for line in running.lines() if line.startswith(what)]
    assert len(about) == 2
    assert broken in about[0]


def test_settings_that_are_broken_from_the_start_are_told_and_end_it(
    stage: Rehearsal, daemon: Start
) -> None:
    change(stage, "poll_seconds = 1", "poll_second = 1")
    running = daemon()
    assert running.ended() == 1
    assert "poll_seconds" in running.told.read_text("utf-8")
    with pytest.raises(SettingsError, match="poll_seconds"):
        Daemon(stage.workspace.root, print)._open()


def test_a_changed_setting_holds_from_then_on_without_a_restart(
    stage: Rehearsal, daemon: Start
) -> None:
    running = daemon()
    running.wait_for("已开始")
    stage.set(rows=("rows_per_batch = 20", "rows_per_batch = 1"))
    wait_until(
        lambda: len(stage.hub.workers()) == 2, lambda: f"{stage.hub.workers()}: not opened anew"
    )
    stage.load(permit(1), permit(2), permit(3))
    accepted(stage, 3)
    assert len(stage.simulator.received()["calls"]) == 3


def slow_platform(stage: Rehearsal, seconds: float) -> None:
    """Let the platform take its time, within what its file and the lease allow."""
    stage.set(
        read=("read_seconds = 0.5", "read_seconds = 5"),
        total=("total_seconds = 1.2", "total_seconds = 9"),
        rows=("rows_per_batch = 20", "rows_per_batch = 1"),
    )
    change(stage, "lease_seconds = 6.5", "lease_seconds = 60")
    slow = start_simulator(PLATFORM, latency=seconds)
    stage.set(port=(f":{stage.simulator.port}", f":{slow.port}"))
    stage.simulator.stop()
    stage.simulator = slow


@pytest.fixture
def slow(stage: Rehearsal) -> Rehearsal:
    slow_platform(stage, 1)
    return stage


def test_a_signal_ends_it_in_order_and_what_is_not_sent_stays(
    slow: Rehearsal, daemon: Start
) -> None:
    with slow.simulator:
        slow.load(*(permit(number) for number in range(1, 9)))
        running = daemon()
        wait_until(lambda: "sending" in slow.states(), lambda: str(slow.states()))
        running.signal(signal.SIGTERM)
        assert running.ended() == 0
        states = slow.states()
        assert set(states) <= {"ready", "awaiting_receipt"}
        assert states["ready"] > 0
        sent = slow.simulator.received()["effects"]
        assert sum(sent.values()) == states.get("awaiting_receipt", 0)
        with slow.hub.database.reading() as connection:
            left = connection.execute(
                sa.select(submission.c.deaths, submission.c.lease_owner).distinct()
            ).all()
        assert [tuple(row) for row in left] == [(0, None)]


def test_a_second_signal_ends_it_at_once_and_leases_do_the_rest(
    slow: Rehearsal, daemon: Start
) -> None:
    with slow.simulator:
        slow.load(permit(1))
        running = daemon()
        wait_until(lambda: "sending" in slow.states(), lambda: str(slow.states()))
        running.signal(signal.SIGTERM)
        running.wait_for("再来一次立即退出")
        running.signal(signal.SIGTERM)
        assert running.ended() == 130
        assert slow.states() == {"sending": 1}
        assert [one for one in slow.hub.workers() if one["stopped_at"] is not None] == []


def test_a_database_that_somebody_else_holds_is_told_once_and_everything_goes_on_after_it(
    stage: Rehearsal, daemon: Start
) -> None:
    change(stage, "[daemon]", "[database]\nbusy_seconds = 0.2\n\n[daemon]")
    stage.load(permit(1), permit(2))
    file = Hub(open_workspace(stage.workspace.root)).database.url.database
    foreign = sqlite3.connect(str(file), isolation_level=None)
    try:
        foreign.execute("BEGIN IMMEDIATE")
        running = daemon()
        running.wait_for("数据库：")
        time.sleep(LONG_ENOUGH_TO_TELL_AGAIN_SECONDS)
        foreign.execute("ROLLBACK")
    finally:
        foreign.close()
    running.wait_for("数据库：已恢复")
    accepted(stage, 2)
    running.signal(signal.SIGTERM)
    assert running.ended() == 0
    about = [line for line in running.lines() if line.startswith(("数据库", "平台", "定时"))]
    assert len(about) == 2
    assert "正被另一个程序写入" in about[0]
    stage.judge(1, 2)


def test_two_daemons_on_one_workspace_send_everything_once(stage: Rehearsal, daemon: Start) -> None:
    stage.set(rows=("rows_per_batch = 20", "rows_per_batch = 1"))
    first, second = daemon(), daemon()
    for one in (first, second):
        one.wait_for("已开始")
    stage.load(*(permit(number) for number in range(1, 11)))
    accepted(stage, 10)
    for one in (first, second):
        one.signal(signal.SIGTERM)
    assert [one.ended() for one in (first, second)] == [0, 0]
    stage.judge(*range(1, 11))
    assert len(stage.hub.workers()) == 2


def test_a_renewed_certificate_is_noticed_like_any_file_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    certificate = tmp_path / "secrets" / "platform.pem"
    certificate.write_text("alt")
    before = _file_times(tmp_path)
    os.utime(certificate, ns=(1, 1))
    assert _file_times(tmp_path) != before
