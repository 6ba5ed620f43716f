"""Ways in which receipts come back over HTTP: what rules, rows and refusals mean."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, ReceiptMode, Reply
from xinqiao.adapters.http.calls import Poll, Submit
from xinqiao.adapters.http.classify import batch_report, submission_reply
from xinqiao.adapters.http.exchange import HttpAnswer
from xinqiao.adapters.http.judgement import judge

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ROWS = {
    "list": "body.rows",
    "index": "index",
    "code": "code",
    "message": "text",
    "otherwise": "rejected",
    "verdicts": {"0": "accepted", "0040": "duplicate", "-1": "received"},
}


def call(**changes: Any) -> dict[str, Any]:
    return {"source": "made up", "method": "POST", "path": "/x", **changes}


def answered(body: Any, **headers: str) -> HttpAnswer:
    return HttpAnswer(200, headers, json.dumps(body).encode())


def submitted(body: Any, mode: ReceiptMode = ReceiptMode.POLL, **changes: Any) -> Reply:
    submit = Submit.model_validate(call(**changes))
    judged = judge(submit, submit.answers, answered(body), {}, NOW)
    return submission_reply(submit, judged, 2, mode)


def polled(body: Any, **changes: Any) -> BatchReport:
    values = {"rows": ROWS, "answers": POLL_ANSWERS} | changes
    poll = Poll.model_validate(call(**values))
    asked = {"batch": "B1", "serial": "S1"}
    return batch_report(poll, judge(poll, poll.answers, answered(body), asked, NOW))


POLL_ANSWERS = [
    {"when": "body.serial == asked.serial && body.state == '20'", "means": "complete"},
    {"when": "body.serial == asked.serial && body.state == '10'", "means": "refused"},
]
ONE_CODE_TWO_MEANINGS = [
    {"when": "body.code == `15` && matches(body.message, '重复|已存在')", "means": "duplicate"},
    {"when": "body.code == `15` && matches(body.message, '签名')", "means": "auth"},
]


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("数据重复", Outcome.DUPLICATE),
        ("签名不正确", Outcome.AUTH),
        ("别的意思", Outcome.IN_DOUBT),
        (None, Outcome.IN_DOUBT),
    ],
)
def test_one_code_has_the_meaning_that_its_text_gives_it(
    message: str | None, outcome: Outcome
) -> None:
    body = {"code": 15, "message": message}
    assert submitted(body, answers=ONE_CODE_TWO_MEANINGS).outcome is outcome


def test_a_failure_inside_http_200_is_not_taken_for_success() -> None:
    rules = [
        {"when": "body.code == '500' || body.error", "means": "rejected"},
        {"when": "status == `200`", "means": "received"},
    ]
    assert submitted({"code": "500"}, answers=rules).outcome is Outcome.REJECTED
    assert submitted({"code": "200"}, answers=rules).outcome is Outcome.RECEIVED


def test_success_by_presence_needs_something_to_be_there() -> None:
    rules = [{"when": "present(body.data.receipt)", "means": "received"}]
    assert submitted({"data": {"receipt": "R1"}}, answers=rules).outcome is Outcome.RECEIVED
    for data in ({"receipt": " "}, {"receipt": None}, {}, None):
        assert submitted({"data": data}, answers=rules).outcome is Outcome.IN_DOUBT


def test_the_wait_after_a_rate_limit_is_read_from_the_body_too() -> None:
    rules = [{"when": "body.code == `-5`", "means": "rate_limited"}]
    where = 'headers."retry-after" || body.data.retryAfter'
    body = {"code": -5, "data": {"retryAfter": 12}}
    reply = submitted(body, answers=rules, retry_after=where)
    assert (reply.outcome, reply.retry_after, reply.code) == (Outcome.RATE_LIMITED, 12.0, "-5")


def test_a_text_inside_the_answer_that_cannot_be_read_is_seen_by_rules() -> None:
    unwrap = [{"at": "data", "as": "json"}]
    rules = [
        {"when": "problem == 'not_unwrapped'", "means": "in_doubt", "code": "problem"},
        {"when": "present(body.data)", "means": "received"},
    ]
    reply = submitted({"data": "{"}, answers=rules, unwrap=unwrap)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "not_unwrapped")
    assert submitted({"data": '{"a":1}'}, answers=rules, unwrap=unwrap).outcome is Outcome.RECEIVED


def test_a_whole_envelope_can_accept_every_row() -> None:
    reply = submitted({"ok": True}, answers=[{"when": "body.ok", "means": "accepted"}])
    assert (reply.outcome, reply.rows) == (Outcome.ACCEPTED, ())


def test_rows_are_decided_in_the_answer_itself() -> None:
    body = {"rows": [{"index": 1, "code": 0}, {"index": "2", "code": "0040", "text": "有"}]}
    reply = submitted(body, rows=ROWS, answers=[{"when": "body.rows", "means": "in_doubt"}])
    assert (reply.outcome, reply.rows) == (Outcome.IN_DOUBT, ())
    reply = submitted(body, rows=ROWS, answers=[{"when": "body.rows", "means": "received"}])
    assert [(one.row, one.outcome, one.code) for one in reply.rows] == [
        (1, Outcome.ACCEPTED, "0"),
        (2, Outcome.DUPLICATE, "0040"),
    ]


def test_a_row_case_is_looked_at_before_the_table_of_codes() -> None:
    cases = [{"when": "code == '9' && matches(text, '已存在')", "means": "duplicate"}]
    body = {"rows": [{"index": 1, "code": "9", "text": "记录已存在"}, {"index": 2, "code": "9"}]}
    rules = [{"when": "body.rows", "means": "received"}]
    reply = submitted(body, rows=ROWS | {"cases": cases}, answers=rules)
    assert [one.outcome for one in reply.rows] == [Outcome.DUPLICATE, Outcome.REJECTED]


def test_an_answer_for_another_serial_is_not_believed() -> None:
    rows = [{"index": 1, "code": "0"}]
    assert polled({"serial": "S1", "state": "20", "rows": rows}).progress is BatchProgress.COMPLETE
    other = polled({"serial": "S2", "state": "20", "rows": rows})
    assert (other.progress, other.rows) == (BatchProgress.NO_ANSWER, ())


def test_a_batch_refused_as_a_whole_names_the_rows_at_fault() -> None:
    report = polled(
        {
            "serial": "S1",
            "state": "10",
            "rows": [{"index": 2, "code": "1002", "text": "必填项为空"}],
        }
    )
    assert report.progress is BatchProgress.REFUSED
    assert [(one.row, one.outcome, one.message) for one in report.rows] == [
        (2, Outcome.REJECTED, "必填项为空")
    ]


@pytest.mark.parametrize("rows", [[], None])
def test_a_batch_refused_as_a_whole_may_name_no_row(rows: object) -> None:
    report = polled({"serial": "S1", "state": "10", "rows": rows, "message": "文件有误"})
    assert (report.progress, report.rows) == (BatchProgress.REFUSED, ())
    assert report.reply.message == "文件有误"


@pytest.mark.parametrize("code", ["0", "-1"])
def test_a_refused_batch_of_which_a_row_was_taken_contradicts_itself(code: str) -> None:
    report = polled({"serial": "S1", "state": "10", "rows": [{"index": 1, "code": code}]})
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "row_both_ways")
    assert report.reply.outcome is Outcome.IN_DOUBT


def test_a_refused_batch_whose_rows_cannot_be_read_is_no_answer() -> None:
    assert polled({"serial": "S1", "state": "10", "rows": ["x"]}).progress is (
        BatchProgress.NO_ANSWER
    )


def test_a_row_that_is_told_twice_in_the_same_words_counts_once() -> None:
    row = {"index": 1, "code": "0", "text": "好"}
    told = {"serial": "S1", "state": "20", "rows": [row, row]}
    assert [one.outcome for one in polled(told).rows] == [Outcome.ACCEPTED]
    other = polled({**told, "rows": [row, {**row, "code": "0040"}]})
    assert (other.progress, other.reply.code) == (BatchProgress.NO_ANSWER, "row_named_twice")


@pytest.mark.parametrize("means", ["accepted", "received"])
@pytest.mark.parametrize("named", [[], [{"index": 1, "code": "0"}]])
def test_a_row_that_an_answer_row_by_row_leaves_out_is_in_doubt(
    means: str, named: list[dict[str, Any]]
) -> None:
    rule = [{"when": "status == `200`", "means": means}]
    body = {"code": "500", "rows": named}
    reply = submitted(body, ReceiptMode.SYNC_ROWS, answers=rule, rows=ROWS)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "rows_unreadable")
    assert [(one.row, one.outcome) for one in reply.rows] == [
        (one["index"], Outcome.ACCEPTED) for one in named
    ]
    assert reply.raw


def test_a_delivery_that_is_refused_as_a_whole_is_refused_row_by_row_too() -> None:
    rule = [{"when": "status == `200`", "means": "rejected"}]
    reply = submitted({"rows": []}, ReceiptMode.SYNC_ROWS, answers=rule, rows=ROWS)
    assert reply.outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ({"text": "格式错误", "field": "XK_NR"}, "格式错误：XK_NR"),
        ({"text": "XK_NR 格式错误", "field": "XK_NR"}, "XK_NR 格式错误"),
        ({"text": "格式错误"}, "格式错误"),
        ({"field": "许可内容"}, "许可内容"),
        ({}, ""),
    ],
)
def test_a_field_that_a_platform_names_apart_goes_behind_its_words(
    element: dict[str, str], message: str
) -> None:
    body = {"serial": "S1", "state": "20", "rows": [{"index": 1, "code": "3", **element}]}
    report = polled(body, rows=ROWS | {"field": "field"})
    assert report.rows[0].message == message
