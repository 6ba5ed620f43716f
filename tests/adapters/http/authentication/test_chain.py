import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from tests.adapters.asking import sent
from xinqiao.adapters.base import Credentials, Outcome, SealedBatch, Surroundings
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]
BASE = "https://platform.test"


@pytest.fixture
def router() -> Iterator[Any]:
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        answer = {"code": "200", "data": {"access_token": "t", "expires_in": 7200}}
        router.post("/oauth/token", name="token").respond(json=answer)
        router.get("/api/v1/receipts", name="receipts").respond(json={"code": "4040"})
        router.post("/api/v1/submissions", name="submit").respond(json={"code": "4001"})
        yield router


def grant(router: Any, **data: Any) -> None:
    router["token"].respond(json={"code": "200", "data": data})


def test_a_token_is_asked_for_once_and_kept(router: Any, connect: Connect) -> None:
    connector = connect()
    for _ in range(3):
        connector.poll(sent("B1"))
    assert router["token"].call_count == 1
    assert json.loads(router["token"].calls.last.request.content) == {
        "client_id": "county",
        "client_secret": "s3cret-never-shown",
        "grant_type": "client_credentials",
    }


@pytest.mark.parametrize(
    ("expires_in", "after", "asked"),
    [
        (7200, 7139, 1),
        (7200, 7140, 2),
        ("7200", 7139, 1),
        (None, 7139, 1),
        (None, 7140, 2),
        (30, 0, 2),
    ],
)
def test_a_token_is_renewed_its_margin_before_the_end(
    router: Any,
    connect: Connect,
    advance: Callable[[float], None],
    expires_in: object,
    after: float,
    asked: int,
) -> None:
    grant(router, access_token="t", expires_in=expires_in)
    connector = connect()
    connector.poll(sent("B1"))
    advance(after)
    connector.poll(sent("B1"))
    assert router["token"].call_count == asked


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ({"json": {"code": "401", "message": "密钥错误"}}, Outcome.AUTH, "401"),
        ({"status_code": 429, "headers": {"Retry-After": "9"}}, Outcome.RATE_LIMITED, "empty"),
        ({"html": "<html>down</html>", "status_code": 502}, Outcome.RETRYABLE, "html"),
        ({"json": {"code": "200", "data": {}}}, Outcome.RETRYABLE, "200"),
        (
            {"json": {"code": "200", "data": {"access_token": "a\nb"}}},
            Outcome.RETRYABLE,
            "token_unreadable",
        ),
        (
            {"json": {"code": "200", "data": {"access_token": "令牌"}}},
            Outcome.RETRYABLE,
            "token_unreadable",
        ),
    ],
)
def test_without_a_token_the_batch_is_never_sent(
    router: Any,
    connect: Connect,
    batch: SealedBatch,
    answer: dict[str, Any],
    outcome: Outcome,
    code: str,
) -> None:
    router["token"].respond(**answer)
    reply = connect().submit(batch)
    assert (reply.outcome, reply.code, reply.raw) == (outcome, code, b"")
    assert reply.message
    assert not router["submit"].called


def test_refused_credentials_are_not_shown_twice_lest_the_account_be_locked(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    router["token"].respond(json={"code": "401"})
    connect().submit(batch)
    assert router["token"].call_count == 1


def test_credentials_withdrawn_between_two_calls_are_an_auth_outcome(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    answer = {"code": "200", "data": {"access_token": "t", "expires_in": 7200}}
    router["token"].side_effect = [
        httpx.Response(200, json=answer),
        httpx.Response(200, json={"code": "401", "message": "账号已停用"}),
    ]
    router["submit"].respond(json={"code": "0032"})
    reply = connect().submit(batch)
    assert (reply.outcome, reply.code, reply.message) == (Outcome.AUTH, "401", "账号已停用")
    assert router["submit"].call_count == 1


def test_a_lost_answer_to_the_token_request_is_no_doubt_about_the_batch(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    router["token"].mock(side_effect=httpx.ReadTimeout("x"))
    reply = connect().submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "read_timeout")


def chain(clock: Clock, **values: str) -> ProfileConnector:
    """A gateway key before a token whose secrets are JSON inside one form field."""
    shipped = load_profile("credit_shandong", {}).model_dump(mode="json")
    token = shipped["authentication"][0] | {
        "body": "{secret_keys: to_string({id: credentials.client_id})}",
        "body_as": "form",
    }
    static = {
        "type": "static",
        "source": "x",
        "name": "ApiKey",
        "credential": "gateway_key",
        "pattern": "key {secret}",
    }
    overlay = {
        "authentication": [static, token],
        "credentials": {"gateway_key": "网关密钥"},
        "transport": {"base_url": BASE},
    }
    return build(
        load_profile("credit_shandong", overlay),
        Surroundings(
            Credentials({"client_id": "c", "client_secret": "s", **values}),
            clock,
            settings={"organisation_code": "x"},
            rehearsal=False,
        ),
    )


def test_each_step_carries_the_headers_of_the_steps_before_it(router: Any, clock: Clock) -> None:
    connector = chain(clock, gateway_key="g")
    connector.poll(sent("B1"))
    connector.close()
    token, call = router["token"].calls.last.request, router["receipts"].calls.last.request
    assert token.headers["apikey"] == "key g"
    assert "authorization" not in token.headers
    assert parse_qs(token.content.decode()) == {"secret_keys": ['{"id":"c"}']}
    assert (call.headers["apikey"], call.headers["authorization"]) == ("key g", "Bearer t")


@pytest.mark.parametrize("key", ["", "g\nX-Evil: 1", "网关", "g h"])
def test_a_secret_that_cannot_stand_in_a_header_is_told_without_showing_it(
    clock: Clock, key: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        chain(clock, gateway_key=key)
    assert "gateway_key" in raised.value.message
    assert not key or key not in raised.value.message


def test_fixed_headers_alone_are_not_renewed(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    static = {"type": "static", "source": "x", "name": "ApiKey", "credential": "client_id"}
    router["submit"].respond(json={"code": "0032"})
    reply = connect(overlay={"authentication": [static]}).submit(batch)
    assert reply.outcome is Outcome.AUTH
    assert router["submit"].call_count == 1
