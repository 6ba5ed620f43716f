"""A file is put in place whole or not at all, never twice; what is said of it is true."""

import errno
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from xinqiao.adapters.base import TOO_LATE, Outcome
from xinqiao.adapters.file_drop.placing import Drop, put, try_out

NAME = "XK_20261120_XQ1.csv"
CONTENT = b"row\r\n" * 1000
FLAG = b"checksum\n"
CALLS = ("open", "write", "fsync", "close", "link", "unlink", "rename", "lstat", "stat", "listdir")
"""System calls of a delivery, as Python names them; pathlib's go through them too."""


def deliver(drop: Drop, *, in_time: bool = True, content: bytes = CONTENT) -> tuple[Outcome, str]:
    return put(drop, NAME, content, FLAG, lambda: in_time)


@pytest.fixture(params=["with_flag", "without_flag"])
def drop(request: pytest.FixtureRequest, tmp_path: Path) -> Drop:
    folder = tmp_path / "in"
    folder.mkdir()
    return Drop(folder, flag=".ok" if request.param == "with_flag" else "")


def visible(drop: Drop) -> list[str]:
    return sorted(entry.name for entry in drop.folder.iterdir() if entry.name[0] != ".")


def hidden(drop: Drop) -> list[str]:
    return sorted(entry.name for entry in drop.folder.iterdir() if entry.name[0] == ".")


def expected(drop: Drop) -> list[str]:
    return [NAME, f"{NAME}.ok"] if drop.flag else [NAME]


def assert_delivered_once(drop: Drop) -> None:
    assert visible(drop) == expected(drop)
    assert hidden(drop) == []
    assert (drop.folder / NAME).read_bytes() == CONTENT
    if drop.flag:
        assert (drop.folder / f"{NAME}.ok").read_bytes() == FLAG


def test_a_file_is_whole_private_and_flagged(drop: Drop) -> None:
    assert deliver(drop) == (Outcome.RECEIVED, "")
    assert_delivered_once(drop)
    for name in expected(drop):
        assert (drop.folder / name).stat().st_mode & 0o777 == 0o600


def test_permissions_are_as_configured_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0o077)
    try:
        assert deliver(Drop(tmp_path, mode=0o644, flag=".ok"))[0] is Outcome.RECEIVED
    finally:
        os.umask(former)
    modes = {entry.stat().st_mode & 0o777 for entry in tmp_path.iterdir()}
    assert modes == {0o644}


def test_the_same_file_again_is_no_second_delivery(drop: Drop) -> None:
    deliver(drop)
    before = {name: (drop.folder / name).stat().st_mtime_ns for name in expected(drop)}
    assert deliver(drop) == (Outcome.RECEIVED, "already_there")
    assert_delivered_once(drop)
    assert {name: (drop.folder / name).stat().st_mtime_ns for name in expected(drop)} == before


@pytest.mark.parametrize("other", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"])
def test_another_file_under_the_name_is_a_doubt_and_stays_as_it_is(
    drop: Drop, other: bytes
) -> None:
    (drop.folder / NAME).write_bytes(other)
    assert deliver(drop) == (Outcome.IN_DOUBT, "name_taken")
    assert (drop.folder / NAME).read_bytes() == other
    assert visible(drop) == [NAME]


def test_a_folder_under_the_name_is_a_doubt(drop: Drop) -> None:
    (drop.folder / NAME).mkdir()
    assert deliver(drop)[0] is Outcome.IN_DOUBT


def test_nothing_appears_once_the_time_has_run_out(drop: Drop) -> None:
    assert deliver(drop, in_time=False) == (Outcome.RETRYABLE, TOO_LATE)
    assert list(drop.folder.iterdir()) == []


def test_a_missing_folder_is_never_made(tmp_path: Path) -> None:
    drop = Drop(tmp_path / "not-mounted")
    assert deliver(drop) == (Outcome.RETRYABLE, "folder_missing")
    assert not drop.folder.exists()
    assert try_out(drop.folder) == "folder_missing"


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("x")
    assert deliver(Drop(tmp_path / "in")) == (Outcome.RETRYABLE, "folder_missing")


def test_a_real_limit_of_the_system_leaves_nothing_behind(drop: Drop) -> None:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, former[1]))
    try:
        assert deliver(drop) == (Outcome.RETRYABLE, "disk_full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert list(drop.folder.iterdir()) == []


def test_what_reads_back_differently_is_not_shown(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _: CONTENT[:-1])
    assert deliver(drop) == (Outcome.RETRYABLE, "file_write_failed")
    assert list(drop.folder.iterdir()) == []


def test_without_links_the_file_is_renamed_and_still_overwrites_nothing(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any, **__: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links")

    monkeypatch.setattr(os, "link", no_links)
    assert deliver(drop) == (Outcome.RECEIVED, "")
    assert_delivered_once(drop)
    assert deliver(drop, content=b"other") == (Outcome.IN_DOUBT, "name_taken")


def test_a_file_system_without_folder_sync_is_no_failure(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def sync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - a link of the system's
            raise OSError(errno.EINVAL, "not here")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    assert deliver(drop) == (Outcome.RECEIVED, "")


@contextmanager
def struck(at: int, strike: Callable[[], None], *, after: bool) -> Iterator[list[str]]:
    """Let ``strike`` befall the ``at``-th system call, before or after it took effect."""
    made: list[str] = []
    real = {name: getattr(os, name) for name in CALLS}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            made.append(name)
            hit = len(made) == at
            if hit and not after:
                strike()
            result = None
            try:
                result = real[name](*given, **named)
            finally:
                if hit and after:
                    if name == "open" and result is not None:
                        real["close"](result)
                    strike()
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, wrap(name))
        yield made


def fail() -> None:
    raise OSError(errno.EIO, "struck")


@pytest.mark.parametrize("after", [False, True], ids=["undone", "done_all_the_same"])
def test_an_error_of_any_system_call_leaves_a_true_outcome(drop: Drop, after: bool) -> None:
    outcomes = set()
    for at in range(1, 200):
        for left in drop.folder.iterdir():
            left.unlink()
        with struck(at, fail, after=after) as made:
            outcome, code = deliver(drop)
        shown = visible(drop)
        if NAME in shown:
            assert (drop.folder / NAME).read_bytes() == CONTENT, made
        if outcome is Outcome.RETRYABLE:
            assert shown == [], (made, code)
        if outcome is Outcome.RECEIVED:
            assert shown == expected(drop), (made, code)
        again = deliver(drop)
        assert again[0] is Outcome.RECEIVED, (made, code, again)
        assert_delivered_once(drop)
        outcomes.add(outcome)
        if len(made) < at:
            break
    else:
        pytest.fail("it never came to its end")
    assert outcomes == {Outcome.RETRYABLE, Outcome.IN_DOUBT, Outcome.RECEIVED}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_process_killed_at_any_system_call_leaves_no_half_file_and_no_second_one(
    drop: Drop, after: bool
) -> None:
    killed = 0
    for at in range(1, 200):
        for left in drop.folder.iterdir():
            left.unlink()
        child = os.fork()
        if child == 0:
            with struck(at, lambda: os.kill(os.getpid(), signal.SIGKILL), after=after):
                deliver(drop)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        shown = visible(drop)
        assert shown in ([], [NAME], expected(drop))
        if NAME in shown:
            assert (drop.folder / NAME).read_bytes() == CONTENT
        assert deliver(drop)[0] is Outcome.RECEIVED
        assert_delivered_once(drop)
        if not os.WIFSIGNALED(status):
            break
        killed += 1
    assert killed > 12


def test_a_flag_that_was_taken_away_is_not_shown_a_second_time(tmp_path: Path) -> None:
    drop = Drop(tmp_path, flag=".ok")
    deliver(drop)
    (tmp_path / f"{NAME}.ok").unlink()
    assert deliver(drop) == (Outcome.RECEIVED, "already_there")
    assert visible(drop) == [NAME]


def broken_off_before_its_flag(drop: Drop) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", lambda *_: fail())
        assert deliver(drop) == (Outcome.IN_DOUBT, "flag_failed")


def test_a_delivery_that_broke_off_before_its_flag_is_finished(tmp_path: Path) -> None:
    drop = Drop(tmp_path, flag=".ok")
    broken_off_before_its_flag(drop)
    assert visible(drop) == [NAME]
    assert deliver(drop) == (Outcome.RECEIVED, "already_there")
    assert_delivered_once(drop)


@pytest.mark.parametrize("flag_left", [False, True])
def test_a_file_that_was_shown_and_is_gone_is_not_put_there_again(
    tmp_path: Path, flag_left: bool
) -> None:
    drop = Drop(tmp_path, flag=".ok")
    if flag_left:
        deliver(drop)
    else:
        broken_off_before_its_flag(drop)
    (tmp_path / NAME).unlink()
    assert deliver(drop) == (Outcome.IN_DOUBT, "file_gone")
    assert NAME not in visible(drop)


@pytest.mark.parametrize(
    ("files_stay", "outcome"), [(False, Outcome.IN_DOUBT), (True, Outcome.RETRYABLE)]
)
def test_absence_after_an_error_proves_something_only_where_files_stay(
    tmp_path: Path, files_stay: bool, outcome: Outcome
) -> None:
    drop = Drop(tmp_path, files_stay=files_stay)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "link", lambda *_, **__: fail())
        assert deliver(drop)[0] is outcome
    assert visible(drop) == []


def test_another_file_that_comes_in_between_is_not_overwritten(tmp_path: Path) -> None:
    drop = Drop(tmp_path, flag=".ok")

    def somebody_else() -> bool:
        (tmp_path / NAME).write_bytes(b"theirs")
        return True

    assert put(drop, NAME, CONTENT, FLAG, somebody_else) == (Outcome.IN_DOUBT, "name_taken")
    assert (tmp_path / NAME).read_bytes() == b"theirs"
    assert visible(drop) == [NAME]
    assert hidden(drop) == []


def test_leavings_of_a_crash_are_cleared_away_and_those_of_others_left(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    own = tmp_path / f".{NAME}.{'0' * 16}.part"
    stale = tmp_path / f".other.csv.{'1' * 16}.part"
    fresh = tmp_path / f".other.csv.{'2' * 16}.part"
    foreign = tmp_path / ".other.csv.part"
    for path in (own, stale, fresh, foreign):
        path.write_bytes(b"half")
    os.utime(stale, (0, 0))
    os.utime(foreign, (0, 0))
    assert deliver(drop) == (Outcome.RECEIVED, "")
    assert hidden(drop) == sorted([fresh.name, foreign.name])


def test_workers_side_by_side_put_one_file_there(drop: Drop) -> None:
    outcomes: list[tuple[Outcome, str]] = []
    together = threading.Barrier(6)

    def work() -> None:
        together.wait()
        outcomes.append(deliver(drop))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert (drop.folder / NAME).read_bytes() == CONTENT
    assert deliver(drop)[0] is Outcome.RECEIVED
    assert_delivered_once(drop)
