"""The connector of a folder, and of packages for a clerk, as the queue meets them."""

import hashlib
import math
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.adapters.conftest import FrozenClock
from tests.adapters.file_drop.samples import (
    IDENTITY_NUMBER,
    NAME,
    batch,
    by_hand,
    profile,
    row,
    surroundings,
)
from xinqiao.adapters.base import TOO_LATE, Operation, Outcome, ReceiptMode
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def connect(tmp_path: Path, clock: FrozenClock) -> Iterator[Connect]:
    made = []

    def make(*, rehearsal: bool = False, **transport: Any) -> ProfileConnector:
        by = profile({"transport": transport})
        made.append(build(by, surroundings(tmp_path, clock, rehearsal=rehearsal)))
        return made[-1]

    yield make
    for connector in made:
        connector.close()


@pytest.fixture
def manual(tmp_path: Path, clock: FrozenClock) -> Connect:
    def make(*, rehearsal: bool = False) -> ProfileConnector:
        return build(by_hand(), surroundings(tmp_path, clock, rehearsal=rehearsal))

    return make


def test_a_delivery_is_received_and_is_what_was_rendered(connect: Connect, inbox: Path) -> None:
    connector = connect()
    reply = connector.submit(batch())
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.RECEIVED, "", ())
    assert (inbox / NAME).read_bytes() == connector.render(batch())
    assert (inbox / f"{NAME}.ok").read_bytes() == b""
    assert connector.submit(batch()).code == "already_there"
    assert len(list(inbox.iterdir())) == 2


@pytest.mark.parametrize("content", ["size", "sha256"])
def test_a_flag_may_tell_what_the_file_must_be(connect: Connect, inbox: Path, content: str) -> None:
    connect(flag_content=content).submit(batch())
    plain = (inbox / NAME).read_bytes()
    expected = {"size": str(len(plain)), "sha256": hashlib.sha256(plain).hexdigest()}[content]
    assert (inbox / f"{NAME}.ok").read_text().strip() == expected


def test_capabilities_are_those_of_receipts_in_files(connect: Connect) -> None:
    can = connect().capabilities
    assert (can.receipts, can.poll) == (ReceiptMode.RECEIPT_FILE, True)
    assert not can.poll_in_doubt
    assert not can.query


def test_nothing_is_written_after_the_last_instant(
    connect: Connect, inbox: Path, clock: FrozenClock
) -> None:
    reply = connect().submit(batch(), send_before=clock.elapsed() - 1)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert list(inbox.iterdir()) == []


def test_rows_that_do_not_fit_are_named_and_the_others_may_be_sent_again(
    connect: Connect, inbox: Path
) -> None:
    bad = batch(row(1), row(2, "甲", f"{IDENTITY_NUMBER}\x00"))
    connector = connect()
    with capture_logs() as logs:
        reply = connector.submit(bad)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "rows_unfit")
    assert [(one.row, one.outcome) for one in reply.rows] == [(2, Outcome.REJECTED)]
    assert list(inbox.iterdir()) == []
    assert IDENTITY_NUMBER not in str((logs, repr(reply), reply.rows[0].message))
    with pytest.raises(SettingsError, match="第 2 行"):
        connector.render(bad)


def test_a_batch_over_the_limits_is_refused_naming_no_row(connect: Connect, inbox: Path) -> None:
    reply = connect().submit(batch(*(row(number) for number in range(1, 102))))
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.REJECTED, "batch_too_large", ())
    assert list(inbox.iterdir()) == []


@pytest.mark.usefixtures("inbox")
def test_a_probe_writes_nothing_that_stays(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    probe = connect().probe()
    assert probe.ok, probe.checks
    assert [what.split()[0] for what, _, _ in probe.checks] == ["上报文件夹", "回执文件夹"]
    assert list((tmp_path / "in").iterdir()) == []


def test_a_probe_tells_of_folders_that_are_missing(connect: Connect) -> None:
    probe = connect().probe()
    assert not probe.ok
    assert all("文件夹" in remark for _, _, remark in probe.checks)


def test_a_rehearsal_writes_only_into_the_folder_of_a_stand_in(
    connect: Connect, inbox: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="演练只能使用工作区内的文件夹"):
        connect(rehearsal=True, folder="/srv/real")
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(SettingsError, match="演练只能使用工作区内的文件夹"):
        connect(rehearsal=True, folder="link/srv")
    connector = connect(rehearsal=True)
    reply = connector.submit(batch())
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "not_a_stand_in")
    assert not connector.probe().ok
    assert list(inbox.iterdir()) == []
    (inbox / ".xinqiao-simulator").touch()
    assert connector.submit(batch()).outcome is Outcome.RECEIVED


# packages


def package(root: Path) -> Path:
    return root / "var/outbox/files/2026-11-20/XQ1"


def test_a_package_holds_the_file_and_says_what_to_do(manual: Connect, tmp_path: Path) -> None:
    connector = manual()
    reply = connector.submit(batch())
    assert (reply.outcome, reply.code) == (Outcome.RECEIVED, "waits_for_upload")
    content = (package(tmp_path) / NAME).read_bytes()
    assert content == connector.render(batch())
    note = (package(tmp_path) / "说明.txt").read_text("utf-8")
    for words in (
        "平台：文件平台",
        "批次号：XQ1",
        "数据类型：XK",
        "操作：I",
        "行数：2",
        f"文件：{NAME}",
        hashlib.sha256(content).hexdigest(),
        "登录填报页面，上传。",
        "xinqiao queue confirm-delivery XQ1",
    ):
        assert words in note
    assert "演练" not in note
    assert "沂源" not in note


def test_a_package_is_for_its_owner_only(manual: Connect, tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        manual().submit(batch())
    finally:
        os.umask(former)
    made = list((tmp_path / "var").rglob("*"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in made}
    assert {name: mode for name, mode in modes.items() if mode not in {0o700, 0o600}} == {}
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


def test_the_same_package_is_made_once(manual: Connect, tmp_path: Path) -> None:
    manual().submit(batch())
    before = (package(tmp_path) / NAME).stat().st_ino
    assert manual().submit(batch()).code == "waits_for_upload"
    assert (package(tmp_path) / NAME).stat().st_ino == before
    assert [one.name for one in package(tmp_path).parent.iterdir()] == ["XQ1"]


def test_a_package_that_was_changed_or_emptied_is_a_doubt(manual: Connect, tmp_path: Path) -> None:
    manual().submit(batch())
    file = package(tmp_path) / NAME

    def told() -> tuple[Outcome, str]:
        reply = manual().submit(batch())
        assert "上报包" in reply.message
        return reply.outcome, reply.code

    file.write_bytes(b"edited")
    assert told() == (Outcome.IN_DOUBT, "package_changed")
    file.unlink()
    assert told() == (Outcome.IN_DOUBT, "package_gone")
    file.mkdir()
    assert told() == (Outcome.IN_DOUBT, "package_unreadable")


@pytest.mark.parametrize("note", ["办理完毕：已上传", None])
def test_a_clerk_may_write_on_the_note_of_a_package(
    manual: Connect, tmp_path: Path, note: str | None
) -> None:
    manual().submit(batch())
    path = package(tmp_path) / "说明.txt"
    if note is None:
        path.unlink()
    else:
        path.write_text(note, "utf-8")
    assert manual().submit(batch()).code == "waits_for_upload"
    assert (path.read_text("utf-8") if path.exists() else None) == note


def test_a_withdrawal_has_instructions_of_its_own(manual: Connect, tmp_path: Path) -> None:
    manual().submit(batch(operation=Operation.WITHDRAW))
    assert "逐条撤销。" in (package(tmp_path) / "说明.txt").read_text("utf-8")


def test_an_operation_without_instructions_is_told_before_anything_is_made(
    manual: Connect, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="update"):
        manual().submit(batch(operation=Operation.UPDATE))
    assert not (tmp_path / "var").exists()


def test_a_rehearsal_says_on_the_note_that_it_is_one(manual: Connect, tmp_path: Path) -> None:
    manual(rehearsal=True).submit(batch())
    note = (package(tmp_path) / "说明.txt").read_text("utf-8")
    assert note.startswith("【演练】本包只用于演练")


def test_no_package_is_made_after_the_last_instant(
    manual: Connect, tmp_path: Path, clock: FrozenClock
) -> None:
    reply = manual().submit(batch(), send_before=clock.elapsed() - 1)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
    assert list(package(tmp_path).parent.iterdir()) == []


@pytest.mark.parametrize("name", ["open", "write", "fsync", "mkdir", "rename", "close"])
def test_a_process_killed_while_a_package_is_made_leaves_none_or_a_whole_one(
    manual: Connect, tmp_path: Path, name: str
) -> None:
    connector = manual()
    for at in range(1, 30):
        sealed = batch(number=f"XQ{at}")
        child = os.fork()
        if child == 0:
            _killed_at(at, name, partial(connector.submit, sealed))
        _, status = os.waitpid(child, 0)
        made = package(tmp_path).with_name(f"XQ{at}")
        if made.exists():
            assert sorted(one.name[:2] for one in made.iterdir()) == ["XK", "说明"]
        assert connector.submit(sealed).outcome is Outcome.RECEIVED
        left = [one.name for one in made.parent.iterdir() if one.name.startswith(f".XQ{at}.")]
        assert left == []
        if not os.WIFSIGNALED(status):
            break
    assert at > 1


def _killed_at(at: int, name: str, work: Callable[[], object]) -> None:
    """Do ``work`` in this child until the ``at``-th call of ``name``, and end it."""
    real, made = getattr(os, name), []

    def call(*given: Any, **named: Any) -> Any:
        made.append(name)
        if len(made) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    setattr(os, name, call)
    work()
    os._exit(0)


@pytest.mark.parametrize("name", ["open", "write", "fsync", "mkdir", "rename", "close"])
def test_an_error_while_a_package_is_made_leaves_none_or_a_doubt(
    manual: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    connector = manual()
    outcomes = set()
    for at in range(30):
        calls = 0
        real = getattr(os, name)

        def call(*given: Any, real: Any = real, at: int = at, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at + 1:
                raise OSError(5, "struck")
            return real(*given, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, name, call)
            reply = connector.submit(batch(number=f"XQ{at}"), math.inf)
        made = package(tmp_path).with_name(f"XQ{at}")
        assert made.exists() or reply.outcome is not Outcome.RECEIVED
        if reply.outcome is Outcome.RETRYABLE:
            assert not made.exists()
        if made.exists():
            assert sorted(one.name[:2] for one in made.iterdir()) == ["XK", "说明"]
        again = connector.submit(batch(number=f"XQ{at}"))
        assert again.outcome is Outcome.RECEIVED
        outcomes.add(reply.outcome)
        if calls < at + 1:
            break
    assert outcomes - {Outcome.RECEIVED}
