"""What doctor says of where the database lies, how large it is, and whether the lease is enough."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.commands.terminal import Terminal
from tests.submission_queue.test_pruning import correct, send
from tests.submission_queue.world import World, make_world
from tests.support import FrozenClock
from xinqiao import growth
from xinqiao.config.workspace import Workspace
from xinqiao.connections import read_connections
from xinqiao.database import filesystem
from xinqiao.database.engine import Database
from xinqiao.errors import SettingsError
from xinqiao.growth import capacity

__all__ = ["make_world"]

PLATFORM = "credit_shandong"
GIGABYTE = 1024**3


def looked(terminal: Terminal) -> dict[str, tuple[bool, str]]:
    """Return check → (in order, remark)."""
    told = terminal.run("doctor", "--json").json
    return {one["check"]: (one["ok"], one["remark"]) for one in told}


def mount(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 8:1 / / rw - {kind} x rw\n", "utf-8")
    monkeypatch.setattr(filesystem, "MOUNT_TABLE", table)


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def leave(monkeypatch: pytest.MonkeyPatch, free: int) -> list[Path]:
    """Let every disk have ``free`` bytes left; return where it was asked about."""
    asked: list[Path] = []

    def usage(path: Path) -> _Usage:
        asked.append(path)
        return _Usage(2 * free, free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return asked


def weigh(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(growth, "database_bytes", lambda _: size)


def test_a_database_on_a_network_file_system_is_a_fault(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mount(monkeypatch, tmp_path, "fuse.sshfs")
    ok, remark = looked(terminal)["数据库"]
    assert not ok
    assert "fuse.sshfs" in remark
    assert terminal.run("doctor").code == 3


def test_a_local_file_system_is_named_and_an_unknown_one_is_no_fault(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mount(monkeypatch, tmp_path, "ext4")
    ok, remark = looked(terminal)["数据库"]
    assert (ok, "ext4" in remark) == (True, True)
    monkeypatch.setattr(filesystem, "MOUNT_TABLE", tmp_path / "nothing")
    ok, remark = looked(terminal)["数据库"]
    assert (ok, "文件系统" in remark) == (True, False)


def test_size_entries_and_free_space_are_told(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = leave(monkeypatch, 5 * GIGABYTE)
    ok, remark = looked(terminal)["容量"]
    assert ok
    assert "数据库 " in remark
    assert "审计日志 " in remark
    assert "没有 1095 天以前须清理的报文" in remark
    assert "磁盘可用 5.0 GB" in remark
    assert asked == [terminal.workspace.var]


@pytest.mark.parametrize(
    ("free", "size", "in_order"),
    [
        (GIGABYTE, 0, True),
        (GIGABYTE - 1, 0, False),
        (3 * GIGABYTE, 3 * GIGABYTE, True),
        (3 * GIGABYTE - 1, 3 * GIGABYTE, False),
    ],
)
def test_a_disk_without_room_for_the_database_once_more_is_a_fault(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, free: int, size: int, in_order: bool
) -> None:
    leave(monkeypatch, free)
    weigh(monkeypatch, size)
    ok, remark = looked(terminal)["容量"]
    assert ok is in_order
    assert in_order or "xinqiao prune --dry-run" in remark


@pytest.mark.parametrize(("size", "advised"), [(5 * GIGABYTE, False), (5 * GIGABYTE + 1, True)])
def test_a_large_sqlite_file_is_advised_to_move_or_to_be_pruned(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, size: int, advised: bool
) -> None:
    leave(monkeypatch, 100 * GIGABYTE)
    weigh(monkeypatch, size)
    ok, remark = looked(terminal)["容量"]
    assert ok
    assert ("建议改用 PostgreSQL" in remark) is advised


def test_a_server_is_asked_for_its_size_and_its_disk_is_not_judged(
    postgresql_database: Database,
    rehearsal: Workspace,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = leave(monkeypatch, GIGABYTE)
    told = capacity(rehearsal, postgresql_database, clock.now())
    assert " MB，审计日志 0 条" in told
    assert asked == [rehearsal.var]
    weigh(monkeypatch, 20 * GIGABYTE)
    assert "建议清理" not in capacity(rehearsal, postgresql_database, clock.now())
    weigh(monkeypatch, 20 * GIGABYTE + 1)
    assert "建议清理：xinqiao prune" in capacity(rehearsal, postgresql_database, clock.now())


def test_what_pruning_would_free_is_told_with_the_command(
    world: World, rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(monkeypatch, 5 * GIGABYTE)
    (record_id,) = send(world, 1)
    correct(world, record_id, 2)
    now = world.clock.now()
    assert "1 批" not in capacity(rehearsal, world.database, now)
    told = capacity(rehearsal, world.database, now + timedelta(days=1096))
    assert "1095 天以前的1 批报文和回复（至少 " in told
    assert "可以清理：xinqiao prune --dry-run" in told


def test_the_estimate_reads_few_rows_however_many_there_are(
    world: World, rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(monkeypatch, 5 * GIGABYTE)
    monkeypatch.setattr("xinqiao.queue.pruning.SAMPLE", 2)
    world.rows_per_batch = 1
    for number in range(1, 5):
        send(world, number)
    told = capacity(rehearsal, world.database, world.clock.now() + timedelta(days=1096))
    assert "2 批以上报文和回复" in told


def test_old_workbooks_are_told_too(terminal: Terminal) -> None:
    folder = terminal.workspace.var / "findings"
    folder.mkdir()
    file = folder / "许可-疑点-20221124-131247.xlsx"
    file.write_bytes(b"")
    os.utime(file, (0, 0))
    assert "1 个疑点表、待更正表文件" in looked(terminal)["容量"][1]


def test_without_a_database_its_size_is_not_asked_for(terminal: Terminal) -> None:
    (terminal.workspace.var / "xinqiao.db").write_bytes(b"no database " * 500)
    checks = looked(terminal)
    assert not checks["数据库"][0]
    assert "容量" not in checks


def test_a_lease_shorter_than_one_send_is_a_fault_of_the_platform(terminal: Terminal) -> None:
    path = terminal.workspace.root / "xinqiao.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("lease_seconds = 60", "lease_seconds = 25"), "utf-8")
    ok, remark = looked(terminal)[f"平台 {PLATFORM}"]
    assert not ok
    assert "lease_seconds（25 秒）须大于平台" in remark


def test_the_lease_is_checked_without_a_way_to_the_platform(rehearsal: Workspace) -> None:
    connection = read_connections(rehearsal).sound[PLATFORM]
    connection.check_lease(PLATFORM, connection.profile.longest_submit_seconds + 1)
    with pytest.raises(SettingsError, match="可能重复报送"):
        connection.check_lease(PLATFORM, connection.profile.longest_submit_seconds)
