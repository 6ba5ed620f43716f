"""Each shipped profile of a wire of its own against its stand-in, in a process of its own.

What is particular to one wire stands in a file beside.
"""

from dataclasses import replace
from typing import Any

import pytest

from tests.adapters.conformance.wires import FIRM, KEY, Batch, Connect, Wire, asked, results, row
from xinqiao.adapters.base import (
    BatchProgress,
    Operation,
    Outcome,
    SealedBatch,
    SealedRow,
    SentBatch,
)
from xinqiao.errors import SettingsError
from xinqiao.simulator.process import SimulatorProcess


def test_a_check_before_use_passes_and_sends_no_record(
    connect: Connect, platform: SimulatorProcess
) -> None:
    probe = connect().probe()
    assert probe.ok, probe.checks
    assert probe.clock_offset is not None
    assert abs(probe.clock_offset) < 5
    assert platform.received()["calls"] == []


def test_each_wrong_secret_is_an_auth_outcome_and_takes_nothing(
    connect: Connect, platform: SimulatorProcess, wire: Wire, batch: Batch
) -> None:
    for name in wire.secrets:
        connector = connect(secrets={name: "wrong"})
        assert connector.submit(batch("B1", row(1, KEY))).outcome is Outcome.AUTH, name
        checks = {what: passed for what, passed, _ in connector.probe().checks}
        assert checks == {"网络": True, "认证": False, "时钟": True} or not checks.get(
            "认证", False
        )
    assert platform.received()["effects"] == {}


def test_a_batch_is_received_decided_and_held_as_it_was_sent(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector = connect()
    two = batch("B1", row(1, KEY), row(2, "鲁交许〔2026〕2号"))
    reply = connector.submit(two)
    assert reply.outcome is Outcome.RECEIVED
    assert reply.serial
    report = asked(connector, two, reply)
    assert report.progress is BatchProgress.COMPLETE
    assert results(report) == [(1, Outcome.ACCEPTED), (2, Outcome.ACCEPTED)]
    assert all(one.reference for one in report.rows)
    entries = connector.query("permit", KEY).entries
    assert entries is not None
    assert dict(entries[0].values) == dict(two.rows[0].values)
    assert platform.received()["effects"] == {KEY: 1, "鲁交许〔2026〕2号": 1}


def test_an_identical_resend_has_no_second_effect(
    connect: Connect, platform: SimulatorProcess, wire: Wire, batch: Batch
) -> None:
    connector, one = connect(), batch("B1", row(1, KEY))
    first = connector.submit(one)
    again = connector.submit(SealedBatch.from_bytes(one.to_bytes()))
    assert platform.received()["effects"] == {KEY: 1}
    assert connector.render(one) == connector.render(SealedBatch.from_bytes(one.to_bytes()))
    if connector.capabilities.deduplicates:
        assert again == first
    else:
        assert results(asked(connector, one, again)) == [(1, Outcome.DUPLICATE)]
    assert connector.capabilities.deduplicates is not wire.by_serial


def test_rows_that_are_refused_are_named_and_the_others_taken(
    connect: Connect, platform: SimulatorProcess, wire: Wire, batch: Batch
) -> None:
    connector = connect()
    mixed = batch("B1", row(1, KEY), row(2, "甲2", XK_NR=""), row(3, "甲3", XK_XDR_MC="未登记企业"))
    reply = connector.submit(mixed)
    at_once = [(1, Outcome.RECEIVED), (2, Outcome.REJECTED), (3, Outcome.RECEIVED)]
    assert [(one.row, one.outcome) for one in reply.rows] == (
        at_once if wire.refuses_at_once else []
    )
    report = asked(connector, mixed, reply)
    assert results(report) == [
        (1, Outcome.ACCEPTED),
        (2, Outcome.REJECTED),
        (3, Outcome.REJECTED),
    ]
    assert all(one.message for one in report.rows)
    assert platform.received()["effects"] == {KEY: 1}


def test_a_held_number_is_a_duplicate_and_a_missing_one_is_refused(
    connect: Connect, batch: Batch
) -> None:
    connector = connect()
    connector.submit(batch("B1", row(1, KEY)))
    again = batch("B2", row(1, KEY))
    assert results(asked(connector, again, connector.submit(again))) == [(1, Outcome.DUPLICATE)]
    missing = batch("B3", row(1, "无"), operation=Operation.UPDATE)
    assert results(asked(connector, missing, connector.submit(missing))) == [(1, Outcome.REJECTED)]


def test_an_update_and_a_withdrawal_take_effect(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector = connect()
    for number, operation, changes in (
        ("B1", Operation.INSERT, {}),
        ("B2", Operation.UPDATE, {"XK_NR": "已变更"}),
        ("B3", Operation.WITHDRAW, {"XK_ZT": "2"}),
    ):
        one = batch(number, row(1, KEY, **changes), operation=operation)
        assert results(asked(connector, one, connector.submit(one))) == [(1, Outcome.ACCEPTED)]
    assert platform.received()["history"] == {KEY: ["insert", "update", "withdraw"]}


@pytest.mark.parametrize(
    ("name", "outcome", "code", "taken"),
    [
        ("refuse_5xx_before", Outcome.IN_DOUBT, None, False),
        ("http_500_after_commit", Outcome.IN_DOUBT, None, True),
        ("html_page", Outcome.IN_DOUBT, "html", False),
        ("rate_limited", Outcome.RATE_LIMITED, None, False),
        ("busy", Outcome.RETRYABLE, None, False),
        ("whole_batch_refused", Outcome.REJECTED, None, False),
        ("error_inside_200", Outcome.IN_DOUBT, None, False),
        ("wrong_encoding", Outcome.IN_DOUBT, "wrong_encoding", True),
        ("reset_mid_answer", Outcome.IN_DOUBT, "cut_off", True),
    ],
)
def test_each_fault_has_its_outcome_and_exactly_one_send(
    connect: Connect,
    platform: SimulatorProcess,
    wire: Wire,
    batch: Batch,
    name: str,
    outcome: Outcome,
    code: str | None,
    taken: bool,
) -> None:
    platform.queue_faults([{"name": name}])
    connector = connect()
    reply = connector.submit(batch("B1", row(1, KEY)))
    assert reply.outcome is outcome
    expected = code or wire.codes.get(name)
    assert expected is None or reply.code == expected
    assert reply.retry_after == (1.0 if name == "rate_limited" else None)
    received = platform.received()
    assert len(received["calls"]) == 1
    assert received["effects"] == ({KEY: 1} if taken else {})
    entries = connector.query("permit", KEY).entries
    assert entries is not None
    assert len(entries) == taken


@pytest.mark.parametrize(
    ("name", "code", "taken"),
    [
        ("timeout_before", "read_timeout", False),
        ("timeout_after_commit", "read_timeout", True),
        ("slow_trickle", "total_timeout", True),
    ],
)
def test_a_slow_platform_is_in_doubt_and_asked_once(
    connect: Connect, platform: SimulatorProcess, batch: Batch, name: str, code: str, taken: bool
) -> None:
    platform.queue_faults([{"name": name, "seconds": 20}])
    connector = connect(read_seconds=0.6 if code == "read_timeout" else 8.0, total_seconds=1.2)
    connector.probe()
    one = batch("B1", row(1, KEY))
    reply = connector.submit(one)
    assert (reply.outcome, reply.code, reply.serial) == (Outcome.IN_DOUBT, code, "")
    received = platform.received()
    assert len(received["calls"]) == 1
    assert received["effects"] == ({KEY: 1} if taken else {})


def test_what_is_in_doubt_is_asked_about_as_far_as_the_platform_can_tell(
    connect: Connect, platform: SimulatorProcess, wire: Wire, batch: Batch
) -> None:
    platform.queue_faults([{"name": "reset_mid_answer"}])
    connector, one = connect(), batch("B1", row(1, KEY))
    report = asked(connector, one, connector.submit(one))
    assert connector.capabilities.poll_in_doubt is not wire.by_serial
    if wire.by_serial:
        assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "no_serial")
    else:
        assert report.progress is BatchProgress.COMPLETE
        unsent = batch("B9", row(1, KEY))
        assert connector.poll(SentBatch(unsent)).progress is BatchProgress.UNKNOWN_BATCH


def test_a_batch_refused_later_is_refused_and_names_the_rows_at_fault(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "batch_refused_later", "rows": [2]}])
    connector = connect()
    two = batch("B1", row(1, KEY), row(2, "鲁交许〔2026〕2号"))
    reply = connector.submit(two)
    assert reply.outcome is Outcome.RECEIVED
    report = asked(connector, two, reply)
    assert report.progress is BatchProgress.REFUSED
    assert results(report) == [(2, Outcome.REJECTED)]
    assert platform.received()["effects"] == {}


def test_a_batch_refused_later_may_name_no_row(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "batch_refused_later"}])
    connector, one = connect(), batch("B1", row(1, KEY))
    report = asked(connector, one, connector.submit(one))
    assert (report.progress, report.rows) == (BatchProgress.REFUSED, ())


def test_late_receipts_are_pending(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "late_receipts", "seconds": 60}])
    connector, one = connect(), batch("B1", row(1, KEY))
    report = asked(connector, one, connector.submit(one))
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())


def test_a_receipt_that_comes_twice_counts_once(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector, two = connect(), batch("B1", row(1, KEY), row(2, "甲2", XK_XDR_MC="未登记企业"))
    reply = connector.submit(two)
    platform.queue_faults([{"name": "double_receipt", "call": "receipts"}])
    twice = asked(connector, two, reply)
    assert twice.progress is BatchProgress.COMPLETE
    assert results(twice) == [(1, Outcome.ACCEPTED), (2, Outcome.REJECTED)]
    assert twice.rows == asked(connector, two, reply).rows
    assert platform.received()["queries"][0]["fault"] == "double_receipt"


def test_receipts_that_contradict_each_other_are_both_told_as_they_came(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector, one = connect(), batch("B1", row(1, KEY))
    reply = connector.submit(one)
    platform.queue_faults([{"name": "contradictory_receipt", "call": "receipts"}])
    told = [results(asked(connector, one, reply)) for _ in range(2)]
    assert told == [[(1, Outcome.REJECTED)], [(1, Outcome.ACCEPTED)]]


def test_a_row_that_vanished_is_found_by_asking_for_it(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "row_vanished"}])
    connector, one = connect(), batch("B1", row(1, KEY))
    assert results(asked(connector, one, connector.submit(one))) == [(1, Outcome.ACCEPTED)]
    assert connector.query("permit", KEY).entries == ()


@pytest.mark.parametrize("call", ["receipts", "records"])
@pytest.mark.parametrize(
    "name", ["html_page", "reset_mid_answer", "wrong_encoding", "busy", "error_inside_200"]
)
def test_a_question_answered_badly_is_no_answer(
    connect: Connect, platform: SimulatorProcess, batch: Batch, call: str, name: str
) -> None:
    connector, one = connect(), batch("B1", row(1, KEY))
    reply = connector.submit(one)
    platform.queue_faults([{"name": name, "call": call}])
    if call == "receipts":
        report = asked(connector, one, reply)
        assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())
    else:
        assert connector.query("permit", KEY).entries is None


@pytest.mark.parametrize("name", ["short_list", "empty_list", "other_total"])
def test_a_list_that_contradicts_itself_is_no_answer(
    connect: Connect, platform: SimulatorProcess, batch: Batch, name: str
) -> None:
    connector = connect()
    connector.submit(batch("B1", row(1, KEY)))
    platform.queue_faults([{"name": name, "call": "records"}])
    assert connector.query("permit", KEY).entries is None


def test_a_penalty_is_withdrawn_by_deletion(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector = connect()
    values = {
        "CF_XDR_MC": FIRM,
        "CF_XDR_LB": "法人及非法人组织",
        "CF_WSH": "鲁交罚〔2026〕1号",
        "CF_WFXW": "车辆超限运输",
        "CF_SY": "车辆超限运输。",
        "CF_YJ": "《公路安全保护条例》第六十四条",
        "CF_CFLB": "警告；罚款",
        "CF_NR": "警告，罚款2000元",
        "CF_NR_FK": "0.200000",
        "CF_JDRQ": "2026/11/20",
        "CF_YXQ": "2099/12/31",
        "CF_CFJG": "沂源县交通运输局",
    }
    penalty = SealedRow(1, "鲁交罚〔2026〕1号", values)
    for number, operation in (("P1", Operation.INSERT), ("P2", Operation.WITHDRAW)):
        one = batch(number, penalty, operation=operation, kind="penalty")
        assert results(asked(connector, one, connector.submit(one))) == [(1, Outcome.ACCEPTED)]
    assert connector.query("penalty", "鲁交罚〔2026〕1号").entries == ()
    assert platform.received()["history"]


def page_check(**changes: Any) -> dict[str, Any]:
    page = {
        "source": "made up",
        "path": "/public/records",
        "query": {"resource": "kind", "number": "key"},
        "marker": "双公示",
        "nothing": "没有找到",
        "shows": ["values.XK_XDR_MC"],
    }
    receipts = {"mode": "page_check", "page": page}
    return {"receipts": receipts, "limits": {"rows_per_batch": 1}} | changes


def test_the_public_page_tells_what_was_published_and_what_is_gone(
    connect: Connect, batch: Batch
) -> None:
    connector = connect(page_check())
    one = batch("B1", row(1, KEY))
    shown = connector.poll(SentBatch(one))
    assert (shown.progress, shown.rows) == (BatchProgress.PENDING, ())
    connector.submit(one)
    assert results(connector.poll(SentBatch(one))) == [(1, Outcome.ACCEPTED)]
    gone = batch("B2", row(1, KEY, XK_ZT="2"), operation=Operation.WITHDRAW)
    assert results(connector.poll(SentBatch(gone))) == []
    connector.submit(gone)
    assert results(connector.poll(SentBatch(gone))) == [(1, Outcome.ACCEPTED)]


def test_another_firm_under_the_same_number_is_not_our_record(
    connect: Connect, batch: Batch
) -> None:
    connector = connect(page_check())
    connector.submit(batch("B1", row(1, KEY, XK_XDR_MC="别家公司")))
    ours = connector.poll(SentBatch(batch("B2", row(1, KEY))))
    assert (ours.progress, ours.rows) == (BatchProgress.PENDING, ())


def test_a_foreign_batch_is_refused_before_anything_is_sent(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    with pytest.raises(SettingsError, match="不能发往"):
        connect().submit(replace(batch("B1", row(1, KEY)), platform="elsewhere"))
    assert platform.received()["calls"] == []
