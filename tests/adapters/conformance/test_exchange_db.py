"""The shipped exchange database profiles against the stand-in, in a process of its own."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from tests.adapters.exchange_db.conftest import file_front, mariadb
from tests.adapters.exchange_db.front import Front, fronts
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Operation,
    Outcome,
    Reply,
    SealedBatch,
    SealedRow,
    SentBatch,
)
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.errors import BusyError
from xinqiao.mapping.registry import format_for
from xinqiao.simulator.process import SimulatorProcess, start

__all__ = ["file_front", "mariadb"]  # fixtures

PROFILES = ("credit_frontdb_2018", "void_and_insert")
MAKES = ("sqlite", "postgresql", "mariadb")
WAIT_SECONDS = 20.0


@dataclass
class Exchange:
    """A connector and the stand-in that it meets in one database."""

    profile: str
    front: Front
    simulator: SimulatorProcess
    connector: ProfileConnector
    kind: str = "permit"
    sent: dict[str, SentBatch] = field(default_factory=dict)

    def batch(
        self, number: str, *rows: SealedRow, operation: Operation = Operation.INSERT
    ) -> SealedBatch:
        return SealedBatch(number, self.profile, self.kind, operation, "2018", rows)

    def submit(self, sealed: SealedBatch) -> Reply:
        reply = self.connector.submit(sealed)
        self.sent[sealed.number] = SentBatch(sealed, reply.serial, datetime.now(UTC))
        return reply

    def until(self, number: str, ready: Callable[[BatchReport], bool]) -> BatchReport:
        """Poll until a report is ``ready``."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            report = self.connector.poll(self.sent[number])
            if ready(report):
                return report
            assert time.monotonic() < end, (report.progress, report.reply.code, report.rows)
            time.sleep(0.05)

    def decided(self, number: str) -> dict[int, Outcome]:
        report = self.until(number, lambda one: one.progress is BatchProgress.COMPLETE)
        return {one.row: one.outcome for one in report.rows}

    def history(self) -> dict[str, list[str]]:
        history: dict[str, list[str]] = self.simulator.received()["history"]
        return history


@pytest.fixture(params=list(product(PROFILES, MAKES)), ids="-".join)
def exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    profile, make = request.param
    yield from _running(request, profile, make)


@pytest.fixture(params=PROFILES)
def file_exchange(request: pytest.FixtureRequest) -> Iterator[Exchange]:
    yield from _running(request, request.param, "sqlite")


def _running(request: pytest.FixtureRequest, profile: str, make: str) -> Iterator[Exchange]:
    request.param = make
    with fronts(request) as front, start(profile, where=front.admin_url) as simulator:
        connector = front.connector(shipped=profile, rehearsal=True)
        yield Exchange(profile, front, simulator, connector)
        connector.close()


def whole(kind: str, values: dict[str, str]) -> dict[str, str]:
    """Return values with every other field of the format left empty."""
    return (
        dict.fromkeys(
            (field.code for field in format_for("credit_shandong", kind).table.fields), ""
        )
        | values
    )


def permit(number: int, key: str, **changes: str) -> SealedRow:
    values = {
        "XK_XDR_MC": "沂源测试汽车维修有限公司",
        "XK_WSH": key,
        "XK_JDRQ": "2026/11/20",
        "XK_XKLB": "普通",
        "XK_NR": "道路旅客运输站经营",
        "XK_ZT": "1",
    }
    return SealedRow(number, key, whole("permit", values | changes))


def penalty(number: int, key: str, **changes: str) -> SealedRow:
    values = {
        "CF_XDR_MC": "沂源测试汽车维修有限公司",
        "CF_WSH": key,
        "CF_JDRQ": "2026/11/20",
        "CF_NR_FK": "0.2",
    }
    return SealedRow(number, key, whole("penalty", values | changes))


def test_a_probe_passes_and_names_server_and_tables(exchange: Exchange) -> None:
    probe = exchange.connector.probe()
    assert probe.ok, probe.checks
    assert len(probe.checks) == 6
    assert exchange.simulator.received()["rows"] == {"permit": 0, "penalty": 0}


def test_a_record_is_put_in_decided_changed_and_withdrawn(exchange: Exchange) -> None:
    key = "鲁交许〔2026〕1号"
    assert exchange.submit(exchange.batch("B1", permit(1, key))).outcome is Outcome.RECEIVED
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED}
    newer = exchange.batch("B2", permit(1, key, XK_NR="客运"), operation=Operation.UPDATE)
    exchange.submit(newer)
    assert exchange.decided("B2") == {1: Outcome.ACCEPTED}
    voids = exchange.profile == "void_and_insert"
    changed = ["insert", "void", "insert"] if voids else ["insert", "update"]
    assert exchange.history() == {key: changed}
    gone = exchange.batch("B3", permit(1, key), operation=Operation.WITHDRAW)
    reply = exchange.submit(gone)
    if voids:
        assert exchange.decided("B3") == {1: Outcome.ACCEPTED}
        assert exchange.history() == {key: [*changed, "void"]}
    else:  # it was taken: only a person can withdraw it there
        assert (reply.outcome, reply.rows[0].code) == (Outcome.REJECTED, "already_consumed")
        assert exchange.history() == {key: changed}


def test_penalties_stand_apart_by_subject(exchange: Exchange) -> None:
    exchange.kind = "penalty"
    exchange.submit(
        exchange.batch(
            "B1", penalty(1, "鲁交罚1号"), penalty(2, "鲁交罚1号", CF_XDR_MC="沂源测试客运队")
        )
    )
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED, 2: Outcome.ACCEPTED}
    assert len(exchange.history()) == 2


def test_a_refusal_comes_back_with_its_words(exchange: Exchange) -> None:
    refused = permit(2, "2号", XK_XDR_MC="查无此人")
    exchange.submit(exchange.batch("B1", permit(1, "1号"), refused))
    report = exchange.until("B1", lambda one: one.progress is BatchProgress.COMPLETE)
    told = {one.row: (one.outcome, one.message) for one in report.rows}
    assert told[1][0] is Outcome.ACCEPTED
    assert told[2] == (Outcome.REJECTED, "1001 主体不存在")
    assert exchange.history() == {"1号": ["insert"]}


def test_a_resend_has_no_second_effect(exchange: Exchange) -> None:
    sealed = exchange.batch("B1", permit(1, "1号"), permit(2, "2号"))
    exchange.submit(sealed)
    assert exchange.submit(sealed).code == "already_there"
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED, 2: Outcome.ACCEPTED}
    assert exchange.submit(sealed).code == "already_there"
    assert exchange.history() == {"1号": ["insert"], "2号": ["insert"]}
    assert exchange.simulator.received()["rows"]["permit"] == 2


def test_an_unknown_batch_is_unknown_after_its_time(exchange: Exchange) -> None:
    sealed = exchange.batch("B1", permit(1, "1号"))
    assert exchange.connector.poll(SentBatch(sealed)).progress is BatchProgress.UNKNOWN_BATCH
    now = SentBatch(sealed, "", datetime.now(UTC))
    assert exchange.connector.poll(now).progress is BatchProgress.NO_ANSWER


def fault(exchange: Exchange, name: str, **options: object) -> None:
    exchange.simulator.queue_faults([{"name": name, "call": "rows", **options}])


def test_one_refused_row_leaves_the_others(file_exchange: Exchange) -> None:
    fault(file_exchange, "row_refused", document_number="2号")
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号"), permit(2, "2号")))
    assert file_exchange.decided("B1") == {1: Outcome.ACCEPTED, 2: Outcome.REJECTED}
    assert file_exchange.history() == {"1号": ["insert"]}


def test_a_whole_batch_can_be_refused(file_exchange: Exchange) -> None:
    fault(file_exchange, "batch_of_row_refused")
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号"), permit(2, "2号")))
    assert file_exchange.decided("B1") == {1: Outcome.REJECTED, 2: Outcome.REJECTED}
    assert file_exchange.history() == {}


def test_a_late_row_is_pending_and_then_decided(file_exchange: Exchange) -> None:
    fault(file_exchange, "row_late", document_number="2号", seconds=1.5)
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号"), permit(2, "2号")))
    first = file_exchange.until("B1", lambda report: bool(report.rows))
    assert (first.progress, [one.row for one in first.rows]) == (BatchProgress.PENDING, [1])
    assert file_exchange.decided("B1") == {1: Outcome.ACCEPTED, 2: Outcome.ACCEPTED}


def test_a_refusal_that_is_taken_back_is_told_both_times(file_exchange: Exchange) -> None:
    fault(file_exchange, "row_contradicted", seconds=1)
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号")))
    assert file_exchange.decided("B1") == {1: Outcome.REJECTED}
    report = file_exchange.until("B1", lambda one: one.rows[0].outcome is Outcome.ACCEPTED)
    assert report.rows[0].message == ""
    assert file_exchange.history() == {"1号": ["insert"]}


@pytest.mark.parametrize("name", ["row_taken_away", "row_deleted"])
def test_a_row_that_vanished_is_decided_by_nobody(file_exchange: Exchange, name: str) -> None:
    fault(file_exchange, name)
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号")))
    end = time.monotonic() + WAIT_SECONDS
    while file_exchange.simulator.received()["rows"]["permit"]:
        assert time.monotonic() < end
    report = file_exchange.connector.poll(file_exchange.sent["B1"])
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())
    assert bool(file_exchange.history()) == (name == "row_taken_away")


def test_a_lock_of_the_other_side_only_delays(file_exchange: Exchange) -> None:
    fault(file_exchange, "row_locked", seconds=1)
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号")))
    assert file_exchange.decided("B1") == {1: Outcome.ACCEPTED}


def test_a_second_receipt_changes_nothing(file_exchange: Exchange) -> None:
    fault(file_exchange, "row_answered_twice")
    file_exchange.submit(file_exchange.batch("B1", permit(1, "1号")))
    assert file_exchange.decided("B1") == {1: Outcome.ACCEPTED}


def test_a_row_is_taken_back_before_anybody_took_it(request: Any) -> None:
    request.param = "sqlite"
    with (
        fronts(request) as front,
        start("credit_frontdb_2018", where=front.admin_url, receipt_delay=600) as simulator,
    ):
        connector = front.connector(shipped="credit_frontdb_2018", rehearsal=True)
        exchange = Exchange("credit_frontdb_2018", front, simulator, connector)
        exchange.submit(exchange.batch("B1", permit(1, "1号")))
        gone = exchange.batch("B2", permit(1, "1号"), operation=Operation.WITHDRAW)
        reply = exchange.submit(gone)
        assert [one.outcome for one in reply.rows] == [Outcome.ACCEPTED]
        assert simulator.received()["rows"]["permit"] == 0
        assert exchange.history() == {}


def test_the_stand_in_empties_no_database_of_somebody_else(file_front: Front) -> None:
    file_front.create()
    with file_front.admin() as connection:
        connection.execute(
            sa.schema.CreateTable(
                sa.Table("L_YIYUAN_XZXK", sa.MetaData(), sa.Column("X", sa.Integer()))
            )
        )
    with pytest.raises(BusyError, match="不能清空别人的表"):
        start("credit_frontdb_2018", where=file_front.admin_url)


def test_a_reset_empties_the_tables_and_forgets(exchange: Exchange) -> None:
    exchange.submit(exchange.batch("B1", permit(1, "1号")))
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED}
    exchange.simulator.reset()
    received = exchange.simulator.received()
    assert (received["rows"]["permit"], received["history"]) == (0, {})
    exchange.submit(exchange.batch("B1", permit(1, "1号")))
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED}


def test_what_somebody_else_changes_in_the_tables_is_seen(exchange: Exchange) -> None:
    exchange.submit(exchange.batch("B1", permit(1, "1号")))
    assert exchange.decided("B1") == {1: Outcome.ACCEPTED}
    error = "SBYY" if exchange.profile == "void_and_insert" else "SYNC_ERROR_DESC"
    exchange.simulator.plant("permit", "1号", fields={error: "人工改动"})
    report = exchange.connector.poll(exchange.sent["B1"])
    assert report.rows[0].message == "人工改动"
    exchange.simulator.plant("permit", "1号", fields=None)
    assert exchange.connector.poll(exchange.sent["B1"]).rows == ()
