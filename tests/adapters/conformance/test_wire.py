"""The shipped reference profile against the stand-in: what was said and what really happened."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.adapters.asking import sent
from xinqiao.adapters.base import BatchProgress, Operation, Outcome, SealedBatch, SealedRow
from xinqiao.adapters.connector import ProfileConnector

Connect = Callable[..., ProfileConnector]
Control = Callable[..., Any]


def row(number: int, key: str, **changes: str) -> SealedRow:
    values = {
        "XK_XDR_MC": "沂源测试汽车维修有限公司",
        "XK_WSH": key,
        "XK_JDRQ": "2026/11/20",
        "XK_XKLB": "普通",
        "XK_NR": "道路旅客运输站经营",
        "XK_ZT": "1",
    }
    return SealedRow(number, key, values | changes)


def batch(number: str, *rows: SealedRow, operation: Operation = Operation.INSERT) -> SealedBatch:
    return SealedBatch(number, "credit_shandong", "permit", operation, "2018", rows)


ONE = batch("B1", row(1, "鲁交许〔2026〕1号"))
TWO = batch("B2", row(1, "鲁交许〔2026〕1号"), row(2, "鲁交许〔2026〕2号"))
KEY = "鲁交许〔2026〕1号"


def fault(control: Control, name: str, **options: object) -> None:
    control("faults", [{"name": name, **options}])


def effects(control: Control) -> dict[str, int]:
    counted: dict[str, int] = control("received")["effects"]
    return counted


def test_a_probe_passes(connect_to: Connect, control: Control) -> None:
    probe = connect_to().probe()
    assert probe.ok, probe.checks
    assert probe.clock_offset is not None
    assert abs(probe.clock_offset) < 5
    assert effects(control) == {}


def test_wrong_credentials_are_an_auth_outcome(connect_to: Connect, control: Control) -> None:
    assert connect_to(known=False).submit(ONE).outcome is Outcome.AUTH
    assert effects(control) == {}


def test_a_batch_is_received_decided_and_held(connect_to: Connect, control: Control) -> None:
    connector = connect_to()
    reply = connector.submit(TWO)
    assert reply.outcome is Outcome.RECEIVED
    assert reply.serial
    assert [result.outcome for result in reply.rows] == [Outcome.RECEIVED] * 2
    report = connector.poll(sent("B2"))
    assert report.progress is BatchProgress.COMPLETE
    assert [result.outcome for result in report.rows] == [Outcome.ACCEPTED] * 2
    assert all(result.reference and result.at for result in report.rows)
    entries = connector.query("permit", KEY).entries
    assert entries is not None
    assert entries[0].values["XK_XDR_MC"] == "沂源测试汽车维修有限公司"
    assert control("received")["calls"][0]["bodySha256"] == _sha256(connector.render(TWO))


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_rows_refused_at_once_are_named_and_the_others_taken(
    connect_to: Connect, control: Control
) -> None:
    mixed = batch(
        "B3", row(1, "甲1"), row(2, "甲2", XK_NR=""), row(3, "甲3", XK_JDRQ="2026年11月20日")
    )
    reply = connect_to().submit(mixed)
    assert [(r.row, r.outcome, r.code) for r in reply.rows] == [
        (1, Outcome.RECEIVED, "received"),
        (2, Outcome.REJECTED, "1002"),
        (3, Outcome.REJECTED, "1003"),
    ]
    assert set(effects(control)) == {"甲1"}


@pytest.mark.usefixtures("control")
def test_receipts_tell_unknown_subjects_duplicates_and_missing_records(connect_to: Connect) -> None:
    connector = connect_to()
    connector.submit(ONE)
    connector.submit(batch("B4", row(1, KEY), row(2, "乙2", XK_XDR_MC="未登记企业")))
    codes = [(r.code, r.outcome) for r in connector.poll(sent("B4")).rows]
    assert codes == [("0040", Outcome.DUPLICATE), ("1001", Outcome.REJECTED)]
    connector.submit(batch("B5", row(1, "无"), operation=Operation.UPDATE))
    assert [r.code for r in connector.poll(sent("B5")).rows] == ["0041"]


@pytest.mark.usefixtures("control")
def test_an_update_changes_what_is_held_and_a_withdrawal_is_taken(connect_to: Connect) -> None:
    connector = connect_to()
    connector.submit(ONE)
    update = batch("B6", row(1, KEY, XK_NR="已变更"), operation=Operation.UPDATE)
    connector.submit(update)
    entries = connector.query("permit", KEY).entries
    assert entries is not None
    assert entries[0].values["XK_NR"] == "已变更"
    connector.submit(batch("B7", row(1, KEY, XK_ZT="2"), operation=Operation.WITHDRAW))
    assert [r.outcome for r in connector.poll(sent("B7")).rows] == [Outcome.ACCEPTED]


def test_an_identical_resend_has_no_second_effect(connect_to: Connect, control: Control) -> None:
    first = connect_to().submit(ONE)
    second = connect_to().submit(SealedBatch.from_bytes(ONE.to_bytes()))
    assert first == second
    assert effects(control) == {KEY: 1}


def test_a_batch_number_used_for_other_bytes_is_in_doubt(
    connect_to: Connect, control: Control
) -> None:
    connect_to().submit(ONE)
    reply = connect_to().submit(batch("B1", row(1, "其他")))
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "4009")
    assert effects(control) == {KEY: 1}


@pytest.mark.usefixtures("control")
def test_an_unknown_batch_and_an_unknown_key_are_told(connect_to: Connect) -> None:
    assert connect_to().poll(sent("none")).progress is BatchProgress.UNKNOWN_BATCH
    assert connect_to().query("permit", "none").entries == ()


@pytest.mark.usefixtures("control")
def test_the_ledger_is_read_page_by_page_to_its_end(connect_to: Connect) -> None:
    connector = connect_to()
    for part in range(3):
        rows = [row(n, f"台账{part}-{n}") for n in range(1, 41)]
        assert connector.submit(batch(f"L{part}", *rows)).outcome is Outcome.RECEIVED
    today = datetime.now(UTC).date()
    keys: list[str] = []
    page: int | None = 1
    while page is not None:
        read = connector.ledger(
            "permit", today - timedelta(days=1), today + timedelta(days=1), page
        )
        assert read.complete
        keys += [entry.key for entry in read.entries]
        page = read.next_page
    assert len(keys) == len(set(keys)) == 120


@pytest.mark.parametrize(
    ("name", "outcome", "code", "taken"),
    [
        ("refuse_5xx_before", Outcome.IN_DOUBT, None, False),
        ("http_500_after_commit", Outcome.IN_DOUBT, None, True),
        ("html_page", Outcome.IN_DOUBT, "html", False),
        ("rate_limited", Outcome.RATE_LIMITED, "4290", False),
        ("busy", Outcome.RETRYABLE, "5030", False),
        ("whole_batch_refused", Outcome.REJECTED, "4001", False),
        ("error_inside_200", Outcome.IN_DOUBT, "9999", False),
        ("wrong_encoding", Outcome.IN_DOUBT, "wrong_encoding", True),
        ("reset_mid_answer", Outcome.IN_DOUBT, "cut_off", True),
    ],
)
def test_each_fault_has_its_outcome_and_exactly_one_send(
    connect_to: Connect,
    control: Control,
    name: str,
    outcome: Outcome,
    code: str | None,
    taken: bool,
) -> None:
    fault(control, name)
    reply = connect_to().submit(ONE)
    assert reply.outcome is outcome
    assert code is None or reply.code == code
    assert len(control("received")["calls"]) == 1
    assert effects(control) == ({KEY: 1} if taken else {})


def test_a_rate_limit_tells_how_long(connect_to: Connect, control: Control) -> None:
    fault(control, "rate_limited", seconds=7)
    assert connect_to().submit(ONE).retry_after == 7.0


@pytest.mark.parametrize(
    ("name", "code", "taken"),
    [
        ("timeout_before", "read_timeout", False),
        ("timeout_after_commit", "read_timeout", True),
        ("slow_trickle", "total_timeout", True),
    ],
)
def test_a_slow_platform_is_in_doubt_within_the_bound_and_asked_once(
    connect_to: Connect, control: Control, name: str, code: str, taken: bool
) -> None:
    fault(control, name, seconds=20)
    connector = connect_to(read_seconds=0.6 if code == "read_timeout" else 8.0, total_seconds=1.2)
    connector.probe()
    began = time.monotonic()
    reply = connector.submit(ONE)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, code)
    assert time.monotonic() - began < 8
    assert len(control("received")["calls"]) == 1
    assert effects(control) == ({KEY: 1} if taken else {})


def test_what_is_in_doubt_is_resolved_by_asking(connect_to: Connect, control: Control) -> None:
    fault(control, "reset_mid_answer")
    connector = connect_to()
    assert connector.submit(ONE).outcome is Outcome.IN_DOUBT
    assert connector.poll(sent("B1")).progress is BatchProgress.COMPLETE
    fault(control, "html_page")
    other = replace(ONE, number="B8", rows=(row(1, "未达"),))
    assert connector.submit(other).outcome is Outcome.IN_DOUBT
    assert connector.query("permit", "未达").entries == ()


def test_a_token_that_ends_early_is_renewed_and_the_batch_sent_again(
    connect_to: Connect, control: Control
) -> None:
    fault(control, "token_expired")
    assert connect_to().submit(ONE).outcome is Outcome.RECEIVED
    assert effects(control) == {KEY: 1}


def test_late_receipts_are_pending(connect_to: Connect, control: Control) -> None:
    fault(control, "late_receipts", seconds=60)
    connector = connect_to()
    connector.submit(TWO)
    assert connector.poll(sent("B2")).progress is BatchProgress.PENDING


@pytest.mark.parametrize("call", ["receipts", "records", "ledger"])
@pytest.mark.parametrize("name", ["html_page", "reset_mid_answer", "wrong_encoding", "busy"])
def test_a_question_answered_badly_is_no_answer(
    connect_to: Connect, control: Control, call: str, name: str
) -> None:
    connector = connect_to()
    connector.submit(ONE)
    fault(control, name, call=call)
    today = datetime.now(UTC).date()
    if call == "receipts":
        assert connector.poll(sent("B1")).progress is BatchProgress.NO_ANSWER
    elif call == "records":
        assert connector.query("permit", KEY).entries is None
    else:
        assert not connector.ledger("permit", today, today).complete


NUMBER = "鲁交罚〔2026〕1号"
FIRM, DRIVER = "沂源测试汽车维修有限公司", "溪样三"


def offender(number: int, name: str, **changes: str) -> SealedRow:
    values = {
        "CF_XDR_MC": name,
        "CF_XDR_LB": "法人及非法人组织" if name == FIRM else "自然人",
        "CF_WSH": NUMBER,
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
    return SealedRow(number, NUMBER, values | changes)


def penalties(
    number: str, *rows: SealedRow, operation: Operation = Operation.INSERT
) -> SealedBatch:
    return SealedBatch(number, "credit_shandong", "penalty", operation, "2018", rows)


def names_held(connector: ProfileConnector) -> list[str] | None:
    entries = connector.query("penalty", NUMBER).entries
    return None if entries is None else [entry.values["CF_XDR_MC"] for entry in entries]


def test_joint_offenders_are_told_side_by_side_under_one_number(
    connect_to: Connect, control: Control
) -> None:
    connector = connect_to()
    assert connector.submit(penalties("P1", offender(1, FIRM), offender(2, DRIVER))).outcome is (
        Outcome.RECEIVED
    )
    outcomes = [result.outcome for result in connector.poll(sent("P1", "penalty")).rows]
    assert outcomes == [Outcome.ACCEPTED] * 2
    assert names_held(connector) == [FIRM, DRIVER]
    today = datetime.now(UTC).date()
    day = timedelta(days=1)
    assert len(connector.ledger("penalty", today - day, today + day).entries) == 2
    assert connector.ledger("permit", today - day, today + day).entries == ()
    assert sum(effects(control).values()) == 2


@pytest.mark.usefixtures("control")
def test_a_penalty_is_withdrawn_by_deletion_and_a_permit_by_its_status(
    connect_to: Connect,
) -> None:
    connector = connect_to()
    connector.submit(penalties("P1", offender(1, FIRM), offender(2, DRIVER)))
    gone = penalties("P2", offender(1, FIRM), operation=Operation.WITHDRAW)
    connector.submit(gone)
    assert [row.outcome for row in connector.poll(sent("P2", "penalty")).rows] == [Outcome.ACCEPTED]
    assert names_held(connector) == [DRIVER]
    connector.submit(ONE)
    connector.submit(batch("W1", row(1, KEY, XK_ZT="2"), operation=Operation.UPDATE))
    entries = connector.query("permit", KEY).entries
    assert entries is not None
    assert entries[0].values["XK_ZT"] == "2"


@pytest.mark.usefixtures("control")
def test_a_penalty_that_is_gone_already_is_told_as_missing(connect_to: Connect) -> None:
    connector = connect_to()
    connector.submit(penalties("P1", offender(1, FIRM), operation=Operation.WITHDRAW))
    (result,) = connector.poll(sent("P1", "penalty")).rows
    assert (result.code, result.outcome) == ("0041", Outcome.REJECTED)


@pytest.mark.usefixtures("control")
def test_rows_of_penalties_that_lack_what_their_kinds_ask_for_are_refused_at_once(
    connect_to: Connect,
) -> None:
    rows = (
        offender(1, FIRM, CF_NR_FK=""),
        offender(2, DRIVER, CF_NR_FK="2000元"),
        offender(3, "溪样四", CF_CFLB="没收违法所得"),
    )
    reply = connect_to().submit(penalties("P1", *rows))
    assert [(one.outcome, one.code) for one in reply.rows] == [
        (Outcome.REJECTED, "1002"),
        (Outcome.REJECTED, "1003"),
        (Outcome.REJECTED, "1003"),
    ]


@pytest.mark.parametrize("name", ["short_list", "empty_list", "other_total", "no_pages"])
def test_a_ledger_that_contradicts_itself_is_not_whole(
    connect_to: Connect, control: Control, name: str
) -> None:
    connector = connect_to()
    connector.submit(TWO)
    today = datetime.now(UTC).date()
    day = timedelta(days=1)
    assert len(connector.ledger("permit", today - day, today + day).entries) == 2
    fault(control, name, call="ledger")
    read = connector.ledger("permit", today - day, today + day)
    assert (read.complete, read.next_page, read.reply.code) == (False, None, "list_cut_short")


@pytest.mark.parametrize("name", ["short_list", "empty_list", "other_total"])
def test_a_list_under_a_key_that_contradicts_itself_is_no_answer(
    connect_to: Connect, control: Control, name: str
) -> None:
    connector = connect_to()
    connector.submit(ONE)
    fault(control, name, call="records")
    assert connector.query("permit", KEY).entries is None
