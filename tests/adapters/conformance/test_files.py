"""The shipped profiles of files against their stand-ins: what was said and what really happened."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.file_drop.samples import shipped, shipped_batch, shipped_row, surroundings
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Operation,
    Outcome,
    SealedBatch,
    SentBatch,
)
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.file_drop.receipts import read_result_file
from xinqiao.clock import Clock
from xinqiao.simulator.process import SimulatorProcess, start

CSV, FORM = "transport_csv_folder", "credit_template_2018"
PATIENCE = 15.0


@contextmanager
def platform(root: Path, **options: Any) -> Iterator[tuple[SimulatorProcess, ProfileConnector]]:
    """Start the stand-in for the CSV folder, and connect to it as in a rehearsal."""
    with start(CSV, where=str(root / "exchange"), **options) as process:
        by = shipped(CSV, "exchange/in", file={"folder": "exchange/out", "settle_seconds": 0})
        connector = build(by, surroundings(root, Clock(), rehearsal=True))
        try:
            yield process, connector
        finally:
            connector.close()


@pytest.fixture
def simulate(tmp_path: Path) -> Callable[..., Any]:
    def begin(**options: Any) -> Any:
        return platform(tmp_path, **options)

    return begin


def two(kind: str = "permit", **changes: Any) -> SealedBatch:
    return shipped_batch(CSV, kind, shipped_row(kind, 1), shipped_row(kind, 2), **changes)


def until(connector: ProfileConnector, batch: SealedBatch, code: str = "") -> BatchReport:
    """Poll until there is something other than waiting, or waiting with ``code``."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        report = connector.poll(SentBatch(batch))
        if report.progress is not BatchProgress.PENDING or (code and report.reply.code == code):
            return report
        time.sleep(0.05)
    pytest.fail(f"no answer in {PATIENCE:g} s")


def outcomes(report: BatchReport) -> list[str]:
    return [result.outcome.value for result in report.rows]


@pytest.mark.parametrize("kind", ["permit", "penalty"])
def test_a_file_is_taken_decided_and_told(simulate: Callable[..., Any], kind: str) -> None:
    with simulate() as (process, connector):
        assert connector.probe().ok
        batch = two(kind)
        assert connector.submit(batch).outcome is Outcome.RECEIVED
        report = until(connector, batch)
        assert report.progress is BatchProgress.COMPLETE
        assert outcomes(report) == ["accepted", "accepted"]
        assert all(result.reference and result.at for result in report.rows)
        received = process.received()
        assert set(received["effects"].values()) == {1}
        assert [call["rows"] for call in received["calls"]] == [2]


def test_refused_and_repeated_rows_are_told_apart(simulate: Callable[..., Any]) -> None:
    with simulate() as (process, connector):
        connector.submit(two())
        until(connector, two())
        empty = shipped_row("permit", 3, XK_NR="")
        unknown = shipped_row("permit", 4, XK_XDR_MC="未登记的企业")
        later = shipped_batch(CSV, "permit", shipped_row("permit", 1), empty, unknown, number="XQ2")
        connector.submit(later)
        report = until(connector, later)
        assert [result.code for result in report.rows] == ["0040", "1002", "1001"]
        assert outcomes(report) == ["duplicate", "rejected", "rejected"]
        assert set(process.received()["effects"].values()) == {1}


def test_what_was_reported_is_changed_and_withdrawn(simulate: Callable[..., Any]) -> None:
    with simulate() as (process, connector):
        for number, operation in enumerate(
            (Operation.INSERT, Operation.UPDATE, Operation.WITHDRAW), 1
        ):
            row = shipped_row("permit", 1, XK_ZT="2" if operation is Operation.WITHDRAW else "1")
            batch = shipped_batch(CSV, "permit", row, number=f"XQ{number}", operation=operation)
            connector.submit(batch)
            assert outcomes(until(connector, batch)) == ["accepted"]
        assert list(process.received()["history"].values()) == [["insert", "update", "withdraw"]]


def test_a_rehearsal_without_a_stand_in_writes_nothing(tmp_path: Path) -> None:
    by = shipped(CSV, "exchange/in", file={"folder": "exchange/out"})
    connector = build(by, surroundings(tmp_path, Clock(), rehearsal=True))
    assert connector.submit(two()).code == "folder_missing"
    (tmp_path / "exchange" / "in").mkdir(parents=True)
    assert connector.submit(two()).code == "not_a_stand_in"
    assert [*(tmp_path / "exchange" / "in").iterdir()] == []


# faults


@pytest.mark.parametrize(
    ("fault", "progress", "code", "told"),
    [
        ({"name": "receipt_twice"}, "complete", "", ["accepted", "accepted"]),
        ({"name": "wrong_encoding"}, "no_answer", "wrong_encoding", []),
        ({"name": "whole_batch_refused"}, "refused", "whole_file_refused", []),
        ({"name": "partial_rejection"}, "complete", "", ["accepted", "rejected"]),
        ({"name": "duplicate_reported"}, "complete", "", ["duplicate", "duplicate"]),
        ({"name": "receipt_contradictory"}, "pending", "contradictory", []),
        ({"name": "late_receipts", "seconds": 0.3}, "complete", "", ["accepted", "accepted"]),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_a_fault_ends_in_what_is_true(
    simulate: Callable[..., Any], fault: dict[str, Any], progress: str, code: str, told: list[str]
) -> None:
    with simulate(faults=[{"call": "file", **fault}]) as (process, connector):
        assert connector.submit(two()).outcome is Outcome.RECEIVED
        report = until(connector, two(), code)
        assert (report.progress.value, report.reply.code, outcomes(report)) == (
            progress,
            code,
            told,
        )
        assert process.received()["calls"][0]["fault"] == fault["name"]


def test_half_a_receipt_decides_nothing_and_the_whole_one_all(
    simulate: Callable[..., Any], tmp_path: Path
) -> None:
    fault = {"name": "receipt_half_written", "call": "file", "seconds": 2}
    with simulate(faults=[fault]) as (_, connector):
        connector.submit(two())
        out = tmp_path / "exchange" / "out"
        end = time.monotonic() + PATIENCE
        while not list(out.glob("*.csv")) and time.monotonic() < end:
            time.sleep(0.02)
        half = connector.poll(SentBatch(two()))
        assert half.progress is not BatchProgress.COMPLETE
        assert "rejected" not in outcomes(half)
        while (report := connector.poll(SentBatch(two()))).progress is not BatchProgress.COMPLETE:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert outcomes(report) == ["accepted", "accepted"]


def test_a_row_that_a_receipt_leaves_out_stays_undecided(simulate: Callable[..., Any]) -> None:
    with simulate(faults=[{"name": "receipt_row_missing", "call": "file"}]) as (_, connector):
        connector.submit(two())
        end = time.monotonic() + PATIENCE
        while not (report := connector.poll(SentBatch(two()))).rows and time.monotonic() < end:
            time.sleep(0.05)
        assert (report.progress, outcomes(report)) == (BatchProgress.PENDING, ["accepted"])


def test_a_file_that_nobody_takes_is_waited_for_and_not_put_there_twice(
    simulate: Callable[..., Any], tmp_path: Path
) -> None:
    with simulate(faults=[{"name": "file_ignored", "call": "file"}]) as (process, connector):
        connector.submit(two())
        end = time.monotonic() + PATIENCE
        while not process.received()["calls"] and time.monotonic() < end:
            time.sleep(0.05)
        assert connector.poll(SentBatch(two())).reply.code == "no_receipt_file"
        assert connector.submit(two()).code == "already_there"
        shown = [one for one in (tmp_path / "exchange/in").iterdir() if one.name[0] != "."]
        assert len(shown) == 2
        assert process.received()["effects"] == {}


# by hand


@pytest.fixture
def page(tmp_path: Path) -> Iterator[SimulatorProcess]:
    with start(FORM, where=str(tmp_path / "page")) as process:
        yield process


def upload(root: Path, batch: SealedBatch, page: str = "insert") -> BatchReport:
    """Do what the clerk does: upload the package's file, download the result, hand it over."""
    by = shipped(FORM, "var/outbox")
    connector = build(by, surroundings(root, Clock(), rehearsal=True))
    assert connector.submit(batch).code == "waits_for_upload"
    assert not connector.capabilities.poll
    (file,) = (root / "var/outbox/2026-11-20" / batch.number).glob("行政*")
    shutil.copy(file, root / "page/uploads" / page)
    result = root / "page/results" / f"{file.name}_result.xlsx"
    end = time.monotonic() + PATIENCE
    while not result.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    return read_result_file(by, result, SentBatch(batch))


@pytest.mark.parametrize("kind", ["permit", "penalty"])
def test_a_clerk_uploads_and_hands_over_the_result(
    tmp_path: Path, page: SimulatorProcess, kind: str
) -> None:
    batch = shipped_batch(FORM, kind, shipped_row(kind, 1), shipped_row(kind, 2))
    report = upload(tmp_path, batch)
    assert report.progress is BatchProgress.COMPLETE, report.reply.code
    assert outcomes(report) == ["accepted", "accepted"]
    assert set(page.received()["effects"].values()) == {1}


@pytest.mark.parametrize("kind", ["permit", "penalty"])
def test_one_fault_refuses_the_file_and_only_the_row_at_fault_is_named(
    tmp_path: Path, page: SimulatorProcess, kind: str
) -> None:
    letters = {"permit": "XK", "penalty": "CF"}[kind]
    bad = shipped_row(kind, 2, **{f"{letters}_JDRQ": "昨天"})
    report = upload(tmp_path, shipped_batch(FORM, kind, shipped_row(kind, 1), bad))
    assert report.progress is BatchProgress.REFUSED
    assert [(result.row, result.outcome) for result in report.rows] == [(2, Outcome.REJECTED)]
    assert "1003" in report.rows[0].message
    assert page.received()["effects"] == {}


def test_a_repeat_refuses_the_file_too(tmp_path: Path, page: SimulatorProcess) -> None:
    upload(tmp_path, shipped_batch(FORM, "permit", shipped_row("permit", 1)))
    rows = (shipped_row("permit", 1), shipped_row("permit", 2))
    report = upload(tmp_path, shipped_batch(FORM, "permit", *rows, number="XQ2"))
    assert report.progress is BatchProgress.REFUSED
    assert [(result.row, result.outcome) for result in report.rows] == [(1, Outcome.DUPLICATE)]
    assert list(page.received()["effects"].values()) == [1]


def test_a_refusal_of_the_whole_file_names_no_row(tmp_path: Path, page: SimulatorProcess) -> None:
    page.queue_faults([{"name": "whole_batch_refused", "call": "file"}])
    report = upload(tmp_path, shipped_batch(FORM, "permit", shipped_row("permit", 1)))
    assert (report.progress, report.rows) == (BatchProgress.REFUSED, ())
    assert page.received()["effects"] == {}
