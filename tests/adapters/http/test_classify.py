import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    KeyReport,
    LedgerPage,
    Outcome,
    ReceiptMode,
    Reply,
)
from xinqiao.adapters.http.classify import batch_report, key_report, ledger_page, submission_reply
from xinqiao.adapters.http.exchange import Arrival, HttpAnswer, HttpFailure
from xinqiao.adapters.http.judgement import judge
from xinqiao.adapters.profile import load_profile

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OPERATIONS = load_profile("credit_shandong", {}).operations
SUBMIT, POLL, QUERY, LEDGER = (
    OPERATIONS.submit,
    OPERATIONS.poll,
    OPERATIONS.query,
    OPERATIONS.ledger,
)
assert SUBMIT is not None
assert POLL is not None
assert QUERY is not None
assert LEDGER is not None


def answered(body: Any, status: int = 200) -> HttpAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, {"content-type": "application/json"}, raw)


def submitted(result: HttpAnswer | HttpFailure) -> Reply:
    assert SUBMIT is not None
    judged = judge(SUBMIT, SUBMIT.answers, result, {"batch": "B1"}, NOW)
    return submission_reply(SUBMIT, judged, 2, ReceiptMode.POLL)


def polled(result: HttpAnswer | HttpFailure) -> BatchReport:
    assert POLL is not None
    return batch_report(POLL, judge(POLL, POLL.answers, result, {"batch": "B1"}, NOW))


def queried(result: HttpAnswer | HttpFailure, key: str = "文1") -> KeyReport:
    assert QUERY is not None
    return key_report(QUERY, judge(QUERY, QUERY.answers, result, {"key": key}, NOW), key)


def listed(result: HttpAnswer | HttpFailure, page: int = 1) -> LedgerPage:
    assert LEDGER is not None
    return ledger_page(LEDGER, judge(LEDGER, LEDGER.answers, result, {"page": page}, NOW), page)


def receipt(index: object, code: str = "0000") -> dict[str, object]:
    return {"index": index, "code": code, "message": "m", "recordId": "R1"}


def rows(*results: object) -> HttpAnswer:
    return answered({"code": "200", "data": {"batchNo": "B1", "results": list(results)}})


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([receipt(3, "received")], "row_outside_batch"),
        ([receipt(0, "received")], "row_outside_batch"),
        ([receipt(1, "received"), receipt(1, "1002")], "row_named_twice"),
        ([receipt("one", "received")], "rows_unreadable"),
        ([receipt(None, "received")], "rows_unreadable"),
        ([receipt(1, "")], "rows_unreadable"),
        (["received"], "rows_unreadable"),
    ],
)
def test_row_results_that_fit_no_row_make_the_whole_reply_unknown(
    results: list[object], code: str
) -> None:
    reply = submitted(rows(*results))
    assert (reply.outcome, reply.code, reply.rows) == (Outcome.IN_DOUBT, code, ())
    assert reply.raw


def test_an_answer_about_another_batch_is_not_ours() -> None:
    reply = submitted(answered({"code": "200", "data": {"batchNo": "B2", "results": []}}))
    assert reply.outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize("code", ["200", 200])
def test_codes_are_compared_as_text(code: object) -> None:
    reply = submitted(answered({"code": code, "data": {"batchNo": "B1"}}))
    assert reply.outcome is Outcome.RECEIVED


def test_a_number_of_a_row_may_be_text() -> None:
    reply = submitted(rows(receipt("2", "1002")))
    assert [(row.row, row.outcome) for row in reply.rows] == [(2, Outcome.REJECTED)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b"<html>login</html>", "html"),
        (b'{"code":"200","data":{"batchNo":"B1","resul', "cut_off"),
        ('{"code":"200","message":"成功"}'.encode("gbk"), "wrong_encoding"),
        (b"success", "not_json"),
        (b"null", "unmatched"),
        (b"[1]", "unmatched"),
        (b'{"code":"9999"}', "9999"),
    ],
)
@pytest.mark.parametrize("status", [200, 500, 502])
def test_what_no_rule_explains_is_in_doubt_for_a_submission_and_no_answer_for_a_question(
    body: bytes, code: str, status: int
) -> None:
    result = answered(body, status)
    reply = submitted(result)
    assert (reply.outcome, reply.code, reply.raw) == (Outcome.IN_DOUBT, code, body)
    assert reply.message
    assert polled(result).progress is BatchProgress.NO_ANSWER
    assert polled(result).reply.outcome is Outcome.IN_DOUBT
    assert queried(result).entries is None
    assert not listed(result).complete


def test_success_inside_an_http_error_is_not_believed() -> None:
    body = {"code": "200", "data": {"batchNo": "B1", "status": "done", "results": [receipt(1)]}}
    assert submitted(answered(body, 500)).outcome is Outcome.IN_DOUBT
    assert polled(answered(body, 500)).progress is BatchProgress.NO_ANSWER


@pytest.mark.parametrize("arrival", Arrival)
def test_a_question_that_failed_says_nothing_about_rows(arrival: Arrival) -> None:
    failure = HttpFailure(arrival, "read_timeout", b"part")
    report = polled(failure)
    assert (report.progress, report.reply.outcome) == (BatchProgress.NO_ANSWER, Outcome.IN_DOUBT)
    assert report.reply.raw == b"part"
    assert queried(failure).entries is None
    assert not listed(failure).complete


@pytest.mark.parametrize(
    ("arrival", "outcome"),
    [(Arrival.NEVER_SENT, Outcome.RETRYABLE), (Arrival.MAYBE_SENT, Outcome.IN_DOUBT)],
)
def test_a_failed_submission_may_be_sent_again_only_if_it_never_left(
    arrival: Arrival, outcome: Outcome
) -> None:
    assert submitted(HttpFailure(arrival, "x")).outcome is outcome


def progress(status: str, *results: object) -> BatchReport:
    data = {"batchNo": "B1", "status": status, "results": list(results)}
    return polled(answered({"code": "200", "message": "", "data": data}))


def test_receipts_say_what_became_of_each_row() -> None:
    codes = ("0000", "0040", "0041", "1001", "7777")
    report = progress("done", *(receipt(n, code) for n, code in enumerate(codes, 1)))
    assert report.progress is BatchProgress.COMPLETE
    assert [row.outcome.value for row in report.rows] == [
        "accepted",
        "duplicate",
        "rejected",
        "rejected",
        "rejected",
    ]


def test_receipts_of_a_batch_in_work_hold_the_rows_decided_so_far() -> None:
    assert progress("processing").progress is BatchProgress.PENDING
    assert [row.row for row in progress("processing", receipt(2)).rows] == [2]


def test_a_finished_batch_without_receipts_is_no_answer() -> None:
    report = progress("done")
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "rows_unreadable")


def test_a_status_that_is_not_known_is_no_answer() -> None:
    assert progress("maybe", receipt(1)).progress is BatchProgress.NO_ANSWER


def test_an_unknown_batch_is_told() -> None:
    report = polled(answered({"code": "4040", "message": "批次不存在"}))
    assert (report.progress, report.reply.message) == (BatchProgress.UNKNOWN_BATCH, "批次不存在")


def record(key: str, **fields: object) -> dict[str, object]:
    return {
        "recordId": "R1",
        "documentNumber": key,
        "ingestedAt": "2026-11-20T10:00:00+08:00",
        "fields": fields,
    }


def held(total: object, *items: object, **more: object) -> HttpAnswer:
    return answered({"code": "200", "data": {"total": total, "items": list(items), **more}})


def test_a_held_record_is_read_with_its_fields_as_text() -> None:
    report = queried(held(1, record("文1", A="x", B=7, C=None)))
    assert report.entries is not None
    entry = report.entries[0]
    assert (entry.values, entry.reference, entry.at) == ({"A": "x", "B": "7"}, "R1", NOW)


def test_nothing_held_is_an_answer() -> None:
    assert queried(held(0)).entries == ()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (held(2, record("文1")), "list_cut_short"),
        (held(1), "list_cut_short"),
        (held(1, record("文 1")), "other_key"),
        (held("many", record("文1")), "entries_unreadable"),
        (held(1, {"documentNumber": "文1"}), "entries_unreadable"),
        (held(1, "文1"), "entries_unreadable"),
        (answered({"code": "200", "data": {"total": 0}}), "entries_unreadable"),
    ],
)
def test_absence_is_never_concluded_from_a_list_that_cannot_be_trusted(
    answer: HttpAnswer, code: str
) -> None:
    report = queried(answer)
    assert (report.entries, report.reply.code) == (None, code)
    assert report.reply.outcome is Outcome.IN_DOUBT


def ledger(page: object, pages: object, total: object, count: int) -> HttpAnswer:
    items = [record(f"文{n}") for n in range(count)]
    return held(total, *items, page=page, pages=pages)


def test_a_whole_page_tells_how_many_there_are_in_all() -> None:
    assert listed(ledger(1, 2, 157, 100)).total == 157


def test_without_a_total_only_a_first_page_may_be_empty() -> None:
    """Nothing else could tell an empty last page from one that was lost."""
    assert LEDGER is not None
    table = LEDGER.model_copy(update={"entries": LEDGER.entries.model_copy(update={"total": None})})

    def whole(answer: HttpAnswer, page: int) -> bool:
        judged = judge(table, table.answers, answer, {"page": page}, NOW)
        return ledger_page(table, judged, page).complete

    assert whole(ledger(1, 0, None, 0), 1)
    assert whole(ledger(2, 2, None, 57), 2)
    assert not whole(ledger(2, 2, None, 0), 2)
    assert not whole(ledger(1, 0, None, 5), 1)


@pytest.mark.parametrize(
    ("page", "answer", "following"),
    [
        (1, ledger(1, 1, 0, 0), None),
        (1, ledger(1, 0, 0, 0), None),
        (1, ledger(1, 1, 57, 57), None),
        (1, ledger(1, 2, 157, 100), 2),
        (2, ledger(2, 2, 157, 57), None),
        (2, ledger(2, 2, 200, 100), None),
    ],
)
def test_a_whole_page_names_the_next(page: int, answer: HttpAnswer, following: int | None) -> None:
    read = listed(answer, page)
    assert (read.complete, read.next_page, read.reply.outcome) == (
        True,
        following,
        Outcome.RECEIVED,
    )


@pytest.mark.parametrize(
    ("page", "answer"),
    [
        (1, ledger(1, 2, 157, 99)),
        (2, ledger(2, 2, 157, 56)),
        (1, ledger(1, 1, 57, 0)),
        (2, ledger(1, 2, 157, 100)),
        (1, ledger(None, 1, 1, 1)),
        (1, ledger(1, None, 1, 1)),
        (1, ledger(1, 1, None, 1)),
        (1, ledger(1, 0, 5, 0)),
        (1, ledger(1, 0, 5, 5)),
        (2, ledger(2, 1, 105, 5)),
        (2, ledger(2, 2, 157, 0)),
        (2, ledger(2, 3, 157, 57)),
    ],
)
def test_a_page_that_ends_early_is_not_complete(page: int, answer: HttpAnswer) -> None:
    read = listed(answer, page)
    assert (read.complete, read.next_page) == (False, None)


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ({"code": "0032"}, 200, Outcome.AUTH),
        ({"code": "4290"}, 200, Outcome.RATE_LIMITED),
        (b"<html>slow down</html>", 429, Outcome.RATE_LIMITED),
    ],
)
def test_questions_tell_refused_credentials_and_rate_limits(
    body: object, status: int, outcome: Outcome
) -> None:
    result = answered(body, status)
    replies = [polled(result).reply, queried(result).reply, listed(result).reply]
    assert {reply.outcome for reply in replies} == {outcome}


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["200", "B1", "done", "received", "0000", "文1"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "data", "batchNo", "results", "index", "items", "total", "page", "fields"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    data=plain,
    status=st.sampled_from([200, 429, 500]),
    code=st.sampled_from(["200", "4001", "x"]) | plain,
)
def test_no_answer_raises(data: object, status: int, code: object) -> None:
    result = answered({"code": code, "data": data, "message": data}, status)
    assert submitted(result).raw
    assert polled(result).reply.raw
    assert queried(result).reply.raw
    assert listed(result).reply.raw


def test_a_rule_that_cannot_work_on_an_answer_stops_later_rules() -> None:
    rules = [
        {"when": "length(body.data) > `5`", "means": "retryable"},
        {"when": "status == `200`", "means": "accepted"},
    ]
    overlay = {"operations": {"submit": {"answers": rules}}}
    call = load_profile("credit_shandong", overlay).operations.submit
    assert call is not None
    judged = judge(call, call.answers, answered({"data": None}), {}, NOW)
    reply = submission_reply(call, judged, 1, ReceiptMode.POLL)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "rule_failed")
