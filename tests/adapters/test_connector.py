import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import respx

from tests.adapters.asking import sent
from xinqiao.adapters.base import (
    BatchProgress,
    Credentials,
    Operation,
    Outcome,
    Reply,
    SealedBatch,
    Surroundings,
)
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]
Serve = Callable[[Callable[[socket.socket], None]], str]
BASE = "https://platform.test"
TOKEN = {"code": "200", "data": {"access_token": "token-1", "expires_in": 7200}}


@pytest.fixture
def router() -> Any:
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        router.post("/oauth/token", name="token").respond(json=TOKEN)
        yield router


def taken(*results: tuple[int, str, str]) -> dict[str, Any]:
    rows = [{"index": index, "code": code, "message": text} for index, code, text in results]
    data = {"batchNo": "XQ20261120-0001", "serialNo": "S1", "results": rows}
    return {"code": "200", "message": "", "data": data}


def submit(router: Any, connect: Connect, batch: SealedBatch, **answer: Any) -> Reply:
    router.post("/api/v1/submissions", name="submit").respond(**answer)
    return connect().submit(batch)


def test_accepted_rows_are_received_and_named(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    reply = submit(router, connect, batch, json=taken((1, "received", ""), (2, "received", "")))
    assert (reply.outcome, reply.serial) == (Outcome.RECEIVED, "S1")
    assert [row.outcome for row in reply.rows] == [Outcome.RECEIVED] * 2


def test_a_partial_rejection_names_the_row_and_its_reason(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    reply = submit(
        router, connect, batch, json=taken((1, "received", ""), (2, "1002", "必填项为空"))
    )
    assert reply.outcome is Outcome.RECEIVED
    bad = reply.rows[1]
    assert (bad.row, bad.outcome, bad.code, bad.message) == (
        2,
        Outcome.REJECTED,
        "1002",
        "必填项为空",
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ({"json": {"code": "4001", "message": "整批退回"}}, Outcome.REJECTED, "4001"),
        ({"json": {"code": "4009", "message": "批次号重复"}}, Outcome.IN_DOUBT, "4009"),
        ({"json": {"code": "9999", "message": "系统异常"}}, Outcome.IN_DOUBT, "9999"),
        ({"json": {"code": "5030", "message": "系统维护"}}, Outcome.RETRYABLE, "5030"),
        ({"json": {"code": "5030"}, "status_code": 503}, Outcome.RETRYABLE, "5030"),
        ({"json": {"code": "4290"}}, Outcome.RATE_LIMITED, "4290"),
        ({"status_code": 429}, Outcome.RATE_LIMITED, "http_429"),
        ({"html": "<html><body>登录</body></html>"}, Outcome.IN_DOUBT, "html"),
        ({"html": "<html>Bad Gateway</html>", "status_code": 502}, Outcome.IN_DOUBT, "html"),
        ({"status_code": 302, "headers": {"location": "/login"}}, Outcome.IN_DOUBT, "empty"),
        ({"status_code": 204}, Outcome.IN_DOUBT, "empty"),
    ],
)
def test_each_answer_has_its_outcome_and_is_asked_for_once(
    router: Any,
    connect: Connect,
    batch: SealedBatch,
    answer: dict[str, Any],
    outcome: Outcome,
    code: str,
) -> None:
    reply = submit(router, connect, batch, **answer)
    if code == "http_429":
        code = "empty"
    assert (reply.outcome, reply.code, reply.rows) == (outcome, code, ())
    assert router["submit"].call_count == 1


def test_a_whole_duplicate_is_a_duplicate_where_the_profile_says_so(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    rules = [{"when": "to_string(body.code) == '100003'", "means": "duplicate"}]
    router.post("/api/v1/submissions").respond(json={"code": 100003, "message": "已存在"})
    reply = connect(overlay={"operations": {"submit": {"answers": rules}}}).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.DUPLICATE, "100003")


def test_a_rate_limit_carries_the_wait_it_asks_for(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    reply = submit(router, connect, batch, status_code=429, headers={"Retry-After": "30"})
    assert (reply.outcome, reply.retry_after) == (Outcome.RATE_LIMITED, 30.0)


def test_an_expired_token_is_renewed_once_and_the_batch_sent_again(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    route = router.post("/api/v1/submissions")
    route.side_effect = [
        httpx.Response(200, json={"code": "0032", "message": "令牌无效"}),
        httpx.Response(200, json=taken((1, "received", ""))),
    ]
    assert connect().submit(batch).outcome is Outcome.RECEIVED
    assert (route.call_count, router["token"].call_count) == (2, 2)


def test_a_token_refused_twice_is_an_auth_outcome(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    reply = submit(router, connect, batch, json={"code": "0032", "message": "令牌无效或已过期"})
    assert (reply.outcome, reply.code) == (Outcome.AUTH, "0032")
    assert (router["submit"].call_count, router["token"].call_count) == (2, 2)


def test_a_read_timeout_is_in_doubt_and_is_sent_exactly_once(
    router: Any, connect: Connect, batch: SealedBatch, sleeps: list[float]
) -> None:
    route = router.post("/api/v1/submissions").mock(side_effect=httpx.ReadTimeout("x"))
    reply = connect().submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "read_timeout")
    assert reply.message
    assert (route.call_count, sleeps) == (1, [])


def test_a_failed_connection_is_retryable_after_bounded_tries(
    router: Any, connect: Connect, batch: SealedBatch, sleeps: list[float]
) -> None:
    route = router.post("/api/v1/submissions").mock(side_effect=httpx.ConnectTimeout("x"))
    reply = connect().submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connect_timeout")
    assert (route.call_count, len(sleeps)) == (3, 2)


def test_a_refused_connection_on_the_way_to_the_token_sends_no_batch(
    connect: Connect, batch: SealedBatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    reply = connect(f"http://127.0.0.1:{port}").submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "connect_refused")


def test_an_answer_cut_in_the_middle_is_in_doubt_with_its_evidence(
    serve: Serve, connect: Connect, batch: SealedBatch, received: list[bytes]
) -> None:
    part = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"code":"200","data":'
    reply = connect(serve(lambda connection: connection.sendall(part))).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "cut_off")
    assert reply.raw == b'{"code":"200","data":'
    assert received.count(b"POST /api/v1/submissions HTTP/1.1") == 1


def test_a_trickling_answer_is_in_doubt_within_the_bound(
    serve: Serve, connect: Connect, batch: SealedBatch, received: list[bytes]
) -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        for _ in range(30):
            time.sleep(0.1)
            connection.sendall(b" ")

    bounds = {"transport": {"read_seconds": 0.5, "total_seconds": 0.7}}
    connector = connect(serve(script), bounds)
    began = time.monotonic()
    reply = connector.submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "total_timeout")
    assert time.monotonic() - began < 2.8
    assert received.count(b"POST /api/v1/submissions HTTP/1.1") == 1


def test_a_too_large_answer_is_in_doubt(router: Any, connect: Connect, batch: SealedBatch) -> None:
    router.post("/api/v1/submissions").respond(text="x" * 5000)
    reply = connect(overlay={"transport": {"reply_bytes_at_most": 2048}}).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "too_large")


def test_the_body_is_the_profiles_envelope(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    submit(router, connect, batch, json=taken())
    request = router["submit"].calls.last.request
    body = json.loads(request.content)
    assert list(body) == ["batchNo", "resource", "operation", "orgCode", "items"]
    assert body["orgCode"] == "11370323MB2826290X"
    assert body["items"][1] == {"index": 2, "fields": dict(batch.rows[1].values)}
    assert request.headers["authorization"] == "Bearer token-1"
    assert request.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        (Operation.INSERT, "insert"),
        (Operation.UPDATE, "update"),
        (Operation.WITHDRAW, "withdraw"),
    ],
)
def test_each_operation_has_its_wire_word(
    connect: Connect, batch: SealedBatch, operation: Operation, word: str
) -> None:
    body = json.loads(connect().render(replace(batch, operation=operation)))
    assert body["operation"] == word


def test_a_resend_is_byte_identical_whatever_became_of_token_and_process(
    router: Any, connect: Connect, batch: SealedBatch, advance: Callable[[float], None]
) -> None:
    bodies, authorizations = [], []
    for number in range(3):
        token = {"access_token": f"token-{number}", "expires_in": 60}
        router.post("/oauth/token").respond(json={"code": "200", "data": token})
        advance(3600)
        submit(router, connect, SealedBatch.from_bytes(batch.to_bytes()), json=taken())
        request = router["submit"].calls.last.request
        bodies.append(request.content)
        authorizations.append(request.headers["authorization"])
    assert len(set(bodies)) == 1
    assert len(set(authorizations)) == 3
    assert bodies[0] == connect().render(batch)


def test_a_batch_over_the_limits_is_refused_whole_and_never_sent(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    route = router.post("/api/v1/submissions").respond(json=taken())
    for limits in ({"rows_per_batch": 1}, {"bytes_per_batch": 1024}):
        big = replace(
            batch, rows=(batch.rows[0], replace(batch.rows[1], values={"XK_NR": "内容" * 300}))
        )
        reply = connect(overlay={"limits": limits}).submit(big)
        assert (reply.outcome, reply.code, reply.rows) == (Outcome.REJECTED, "batch_too_large", ())
    assert not route.called


@pytest.mark.parametrize(
    "wrong",
    [
        {"platform": "transport_credit"},
        {"kind": "safety_info"},
    ],
)
def test_what_the_profile_has_no_words_for_is_a_settings_error_before_sending(
    router: Any, connect: Connect, batch: SealedBatch, wrong: dict[str, Any]
) -> None:
    route = router.post("/api/v1/submissions").respond(json=taken())
    with pytest.raises(SettingsError):
        connect().submit(replace(batch, **wrong))
    assert not route.called
    assert not router["token"].called


@pytest.mark.parametrize(
    ("own", "sent"), [({}, "withdraw"), ({"take_down": "offline"}, "offline")], ids=["", "own word"]
)
def test_a_take_down_is_asked_for_by_its_own_word_or_as_a_withdrawal(
    connect: Connect, batch: SealedBatch, own: dict[str, str], sent: str
) -> None:
    connector = connect(overlay={"words": {"operations": own}})
    body = json.loads(connector.render(replace(batch, operation=Operation.TAKE_DOWN)))
    assert body["operation"] == sent


def test_a_missing_setting_is_told_with_its_label(connect: Connect) -> None:
    with pytest.raises(SettingsError, match="主管部门"):
        connect(overlay={"settings": {"department": "主管部门"}})


def asked(router: Any, path: str) -> dict[str, list[str]]:
    calls = [call.request for call in router.calls if call.request.url.path == path]
    return parse_qs(urlsplit(str(calls[-1].url)).query)


def test_poll_asks_by_the_batch_number(router: Any, connect: Connect) -> None:
    router.get("/api/v1/receipts").respond(json={"code": "4040", "message": "批次不存在"})
    report = connect().poll(sent("XQ20261120-0001"))
    assert report.progress is BatchProgress.UNKNOWN_BATCH
    assert asked(router, "/api/v1/receipts") == {"batchNo": ["XQ20261120-0001"]}


def test_query_asks_by_kind_and_key(router: Any, connect: Connect) -> None:
    router.get("/api/v1/records").respond(json={"code": "200", "data": {"total": 0, "items": []}})
    report = connect().query("permit", "鲁交许〔2026〕1号&x=1")
    assert report.entries == ()
    assert asked(router, "/api/v1/records") == {
        "resource": ["permit"],
        "documentNumber": ["鲁交许〔2026〕1号&x=1"],
    }


def test_ledger_asks_for_one_page(router: Any, connect: Connect) -> None:
    data = {"page": 2, "pages": 2, "total": 100, "items": []}
    router.get("/api/v1/ledger").respond(json={"code": "200", "data": data})
    page = connect().ledger("permit", date(2026, 11, 1), date(2026, 11, 30), 2)
    assert page.complete
    assert asked(router, "/api/v1/ledger") == {
        "resource": ["permit"],
        "from": ["2026-11-01"],
        "to": ["2026-11-30"],
        "page": ["2"],
        "size": ["100"],
    }


def test_a_question_is_renewed_once_too(router: Any, connect: Connect) -> None:
    router.get("/api/v1/receipts").respond(json={"code": "0032"})
    report = connect().poll(sent("B1"))
    assert (report.progress, report.reply.outcome) == (BatchProgress.NO_ANSWER, Outcome.AUTH)
    assert router["token"].call_count == 2


def test_what_the_platform_cannot_be_asked_is_no_answer(router: Any, clock: Clock) -> None:
    whole = load_profile("credit_shandong", {"receipts": {"mode": "none"}})
    less = whole.operations.model_copy(update={"poll": None, "query": None, "ledger": None})
    connector = build(
        whole.model_copy(update={"operations": less}),
        Surroundings(
            Credentials({"client_id": "c", "client_secret": "s"}),
            clock,
            settings={"organisation_code": "11370323MB2826290X"},
        ),
    )
    can = connector.capabilities
    assert not can.poll
    assert (can.query, can.ledger) == (False, False)
    assert connector.poll(sent("B1")).reply.code == "not_supported"
    assert connector.query("permit", "x").entries is None
    assert not connector.ledger("permit", date(2026, 1, 1), date(2026, 1, 2)).complete
    assert not router.calls


def test_capabilities_are_the_profiles(connect: Connect) -> None:
    can = connect(overlay={"capabilities": {"visible_after_seconds": 5}}).capabilities
    assert (can.poll, can.query, can.ledger, can.deduplicates, can.visible_after) == (
        True,
        True,
        True,
        True,
        5.0,
    )


def probe_answer(router: Any, clock_says: str | None, code: str = "4040") -> None:
    headers = {"date": clock_says} if clock_says else {}
    router.get("/api/v1/receipts").respond(json={"code": code, "message": "m"}, headers=headers)


def test_a_probe_checks_network_credentials_and_clock(router: Any, connect: Connect) -> None:
    probe_answer(router, "Fri, 20 Nov 2026 02:00:05 GMT")
    probe = connect().probe()
    assert probe.ok
    assert [name for name, _, _ in probe.checks] == ["网络", "认证", "时钟"]
    assert probe.clock_offset == 5.0


def test_a_probe_tells_a_clock_that_is_off(router: Any, connect: Connect) -> None:
    probe_answer(router, "Fri, 20 Nov 2026 03:00:00 GMT")
    probe = connect().probe()
    assert not probe.ok
    assert probe.checks[2][1] is False
    assert "快 3600 秒" in probe.checks[2][2]


def test_a_probe_passes_where_the_platform_tells_no_time(router: Any, connect: Connect) -> None:
    probe_answer(router, None)
    probe = connect().probe()
    assert (probe.ok, probe.clock_offset) == (True, None)


def test_a_probe_tells_refused_credentials(router: Any, connect: Connect) -> None:
    router.post("/oauth/token").respond(json={"code": "401", "message": "密钥错误"})
    probe = connect().probe()
    assert [passed for _, passed, _ in probe.checks[:2]] == [True, False]
    assert "密钥错误" in probe.checks[1][2]


def test_a_probe_tells_an_unreachable_platform(router: Any, connect: Connect) -> None:
    router.post("/oauth/token").mock(side_effect=httpx.ConnectError("x"))
    probe = connect().probe()
    assert not probe.ok
    assert probe.checks[0][:2] == ("网络", False)


def test_a_probe_always_asks_for_a_fresh_token(router: Any, connect: Connect) -> None:
    probe_answer(router, None)
    connector = connect()
    connector.probe()
    connector.probe()
    assert router["token"].call_count == 2
