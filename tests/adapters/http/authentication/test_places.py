"""Where steps put their values, what belongs to one attempt only, and secrets in two tiers."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.adapters.asking import sent
from tests.adapters.conftest import FrozenClock
from tests.adapters.http.authentication.conftest import (
    SECRETS,
    Made,
    fields_of,
    profile_with,
    token_step,
)
from xinqiao.adapters.base import Outcome, SealedBatch

FORM = {
    "operations": {"submit": {"body_as": "form", "body": "{batchNo: batch, data: to_string(rows)}"}}
}


def static(**keys: Any) -> dict[str, Any]:
    return {"type": "static", "source": "x", "credential": "app_secret", **keys}


def signature(**keys: Any) -> dict[str, Any]:
    return {
        "type": "sign",
        "source": "x",
        "algorithm": "sha256",
        "text": "{nonce}{time}{body}{credentials.app_secret}",
        "place": "header",
        "name": "x-sign",
        "values": [
            {"name": "x-nonce", "value": "{nonce}"},
            {"name": "x-time", "value": "{time}"},
        ],
        **keys,
    }


@pytest.mark.parametrize("place", ["header", "query", "form", "json"])
def test_a_secret_goes_to_its_place_and_nowhere_else(
    place: str, make: Made, router: Any, batch: SealedBatch
) -> None:
    step = static(place=place, name="Key", pattern="k:{secret}", carried_by=["submit"])
    make(step, overlay=FORM if place == "form" else None).submit(batch)
    request = router["submit"].calls.last.request
    found = {
        "header": request.headers.get("key"),
        "query": request.url.params.get("Key"),
        request.headers["content-type"]
        .split(";")[0]
        .rsplit("/", 1)[-1]
        .replace("x-www-form-urlencoded", "form"): fields_of(request).get("Key"),
    }
    assert {where for where, value in found.items() if value} == {place}
    assert found[place] == "k:h1dden"


def test_a_member_that_the_body_has_already_keeps_its_position(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    body = {"operations": {"submit": {"body": "{first: '', batchNo: batch}"}}}
    step = static(place="json", name="first", carried_by=["submit"])
    make(step, overlay=body).submit(batch)
    content = router["submit"].calls.last.request.content
    assert content == b'{"first":"h1dden","batchNo":"XQ20261120-0001"}'


def test_steps_are_carried_by_the_requests_that_they_name(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    connector = make(static(name="A", carried_by=["submit"]), static(name="B", carried_by=["poll"]))
    connector.submit(batch)
    connector.poll(sent("B1"))
    submit, poll = router["submit"].calls.last.request, router["receipts"].calls.last.request
    assert ("a" in submit.headers, "b" in submit.headers) == (True, False)
    assert ("a" in poll.headers, "b" in poll.headers) == (False, True)


def test_what_is_rendered_holds_nothing_of_an_attempt(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    step = signature(place="json", name="sign", carried_by=["submit"])
    connector = make(step)
    before = connector.render(batch)
    connector.submit(batch)
    assert connector.render(batch) == before
    assert "sign" not in json.loads(before)
    members = fields_of(router["submit"].calls.last.request)
    assert {name: value for name, value in members.items() if name != "sign"} == json.loads(before)


def test_a_resend_has_the_same_bytes_with_another_nonce_time_and_signature(
    make: Made,
    router: Any,
    batch: SealedBatch,
    advance: Callable[[float], None],
) -> None:
    connector = make(signature())
    connector.submit(batch)
    advance(1)
    connector.submit(batch)
    first, second = (call.request for call in router["submit"].calls)
    assert first.content == second.content == connector.render(batch)
    for name in ("x-nonce", "x-time", "x-sign"):
        assert first.headers[name] != second.headers[name]
    for request in (first, second):
        text = (
            request.headers["x-nonce"] + request.headers["x-time"] + request.content.decode()
        ) + "h1dden"
        assert request.headers["x-sign"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_renewed_token_gets_a_new_signature(make: Made, router: Any, batch: SealedBatch) -> None:
    router.post("/token").mock(
        side_effect=[
            httpx.Response(200, json={"token": "t1", "life": 600}),
            httpx.Response(200, json={"token": "t2", "life": 600}),
        ]
    )
    router["submit"].side_effect = [
        httpx.Response(200, json={"code": "0032"}),
        httpx.Response(200, json={"code": "4001"}),
    ]
    token = token_step("/token", place="none", known_as="access")
    connector = make(token, signature(text="{tokens.access}{nonce}"))
    assert connector.submit(batch).outcome is Outcome.REJECTED
    for call, value in zip(router["submit"].calls, ("t1", "t2"), strict=True):
        headers = call.request.headers
        text = f"{value}{headers['x-nonce']}"
        assert headers["x-sign"] == hashlib.sha256(text.encode()).hexdigest()
        assert "authorization" not in headers


def test_secrets_packed_as_json_inside_one_parameter(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    """A gateway key first, then a token asked for with it, then the token as a parameter."""
    router.post("/token", name="token").respond(json={"token": "t", "life": 600})
    packed = token_step(
        "/token",
        body="{secret_keys: to_string({client_id: credentials.client_id, "
        "client_secret: credentials.client_secret, grant_type: 'client_id_secret'})}",
        body_as="form",
        place="query",
        name="access_token",
    )
    make(static(name="ApiKey"), packed).submit(batch)
    asked, call = router["token"].calls.last.request, router["submit"].calls.last.request
    (secret_keys,) = parse_qs(asked.content.decode())["secret_keys"]
    assert json.loads(secret_keys) == {
        "client_id": "county",
        "client_secret": "s3cret",
        "grant_type": "client_id_secret",
    }
    assert asked.headers["apikey"] == call.headers["apikey"] == "h1dden"
    assert dict(call.url.params) == {"access_token": "t"}


def two_tiers() -> list[dict[str, Any]]:
    """A refresh secret by a signature with the application's; a request secret with that one."""

    def by(secret: str, name: str) -> dict[str, Any]:
        place = {"place": "header"}
        return signature(
            text=f"{{settings.app_id}}{secret}{{time}}",
            algorithm="md5",
            time_format="milliseconds",
            values=[{"name": "requestTime", "value": "{time}", **place}],
            name="sign",
            carried_by=[name] if name else [],
        )

    return [
        by("{credentials.app_secret}", "refresh"),
        token_step("/by_key", known_as="refresh", place="none"),
        by("{tokens.refresh}", "request"),
        token_step("/by_secret", known_as="request", place="none", body="{old: tokens.refresh}"),
        by("{tokens.request}", ""),
    ]


def md5_of(request: httpx.Request, secret: str) -> str:
    text = f"county{secret}{request.headers['requestTime']}"
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the platform's recipe


def test_each_of_two_tiers_of_secrets_signs_the_next(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    router.post("/by_key", name="first").respond(json={"token": "refresh-1", "life": 172_800})
    router.post("/by_secret", name="second").respond(json={"token": "request-1", "life": 900})
    make(*two_tiers()).submit(batch)
    first, second, call = (
        router[name].calls.last.request for name in ("first", "second", "submit")
    )
    assert first.headers["sign"] == md5_of(first, "h1dden")
    assert second.headers["sign"] == md5_of(second, "refresh-1")
    assert json.loads(second.content) == {"old": "refresh-1"}
    assert call.headers["sign"] == md5_of(call, "request-1")


def test_the_upper_tier_outlives_the_lower(make: Made, router: Any, clock: FrozenClock) -> None:
    router.post("/by_key", name="first").respond(json={"token": "r", "life": 172_800})
    router.post("/by_secret", name="second").respond(json={"token": "s", "life": 900})
    connector = make(*two_tiers())
    for _ in range(3):
        connector.poll(sent("B1"))
        clock.instant += timedelta(seconds=900)
    assert (router["first"].call_count, router["second"].call_count) == (1, 3)


def test_an_upper_tier_that_ended_early_is_asked_for_once_more(
    make: Made, router: Any, clock: FrozenClock, batch: SealedBatch
) -> None:
    router.post("/by_key", name="first").mock(
        side_effect=[
            httpx.Response(200, json={"token": "r1", "life": 172_800}),
            httpx.Response(200, json={"token": "r2", "life": 172_800}),
        ]
    )

    def second(request: httpx.Request) -> httpx.Response:
        ended = clock.instant.hour > 2 and json.loads(request.content) == {"old": "r1"}
        return httpx.Response(200, json={"code": "no"} if ended else {"token": "s", "life": 900})

    router.post("/by_secret", name="second").mock(side_effect=second)
    connector = make(*two_tiers())
    connector.submit(batch)
    clock.instant += timedelta(hours=1)
    assert connector.submit(batch).outcome is Outcome.REJECTED
    assert (router["first"].call_count, router["second"].call_count) == (2, 3)


def test_the_bound_on_one_submit_holds_when_every_token_is_refused_that_can_be(
    make: Made, router: Any, clock: FrozenClock, batch: SealedBatch
) -> None:
    """Every exchange takes all of its time."""
    overlay = {"transport": {"total_seconds": 10}}
    came: list[str] = []

    def slowly(**body: object) -> Callable[[httpx.Request], httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            came.append(request.url.path)
            clock.instant += timedelta(seconds=10)
            refused = len(came) == 4 and request.url.path == "/by_secret"
            return httpx.Response(200, json={"code": "no"} if refused else body)

        return answer

    router.post("/by_key").mock(side_effect=slowly(token="r", life=172_800))
    router.post("/by_secret").mock(side_effect=slowly(token="s", life=900))
    router["submit"].mock(side_effect=slowly(code="0032"))
    router["receipts"].mock(side_effect=slowly(code="4040"))
    connector = make(*two_tiers(), overlay=overlay)
    connector.poll(sent("B1"))
    clock.instant += timedelta(seconds=900)
    began = clock.instant
    assert connector.submit(batch).outcome is Outcome.AUTH
    renewed = ["/by_key", "/by_secret", "/api/v1/submissions"]
    assert came[3:] == ["/by_secret", *renewed, *renewed]
    bound = profile_with(two_tiers(), overlay).longest_submit_seconds
    assert (clock.instant - began).total_seconds() == 70 <= bound


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ({"expires_in": "body.end", "expires_in_unit": "milliseconds"}, 900_000),
        ({"expires_at": "body.end"}, 1_795_140_900),
        ({"expires_at": "body.end"}, "1795140900000"),
        ({"expires_at": "body.end"}, "2026-11-20 10:15:00"),
        ({"expires_at": "body.end"}, "20261120101500"),
        ({"expires_in": None, "lifetime_seconds": 900}, None),
        ({"expires_at": "body.end", "lifetime_seconds": 900}, "soon"),
    ],
)
def test_a_lifetime_is_read_as_the_platform_tells_it(
    told: dict[str, Any], until: object, make: Made, router: Any, clock: FrozenClock
) -> None:
    router.post("/token", name="token").respond(json={"token": "t", "end": until})
    keys = {"expires_in": None, "name": "authorization", **told}
    step = {name: key for name, key in token_step("/token", **keys).items() if key is not None}
    connector = make(step)
    for seconds in (0, 889, 1):
        clock.instant += timedelta(seconds=seconds)
        connector.poll(sent("B1"))
        assert router["token"].call_count == (2 if seconds == 1 else 1)


def test_no_secret_of_a_chain_is_shown_by_a_connector(make: Made) -> None:
    connector = make(*two_tiers())
    said = repr(connector) + repr(vars(connector))
    assert not any(secret in said for secret in SECRETS.values() if secret != "county")


def test_a_token_and_a_signature_go_into_a_multipart_form(
    make: Made, router: Any, batch: SealedBatch
) -> None:
    body = "{unit: 'county', batchNo: batch, data: {filename: 'data.json', content: rows}}"
    multipart = {"operations": {"submit": {"body_as": "multipart", "body": body}}}
    recipe = {
        "text": "{parameters}",
        "parameters": {"taken_from": ["form"], "skip": ["sign"]},
        "values": [],
    }
    place = {"place": "form", "carried_by": ["submit"]}
    steps = (static(name="key", **place), signature(**recipe, **place | {"name": "sign"}))
    make(*steps, overlay=multipart).submit(batch)
    request = router["submit"].calls.last.request
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    payload = message_from_bytes(head + request.content).get_payload()
    found = [part for part in payload if isinstance(part, Message)]
    parts = {
        part.get_param("name", header="content-disposition"): part.get_payload() for part in found
    }
    assert list(parts) == ["unit", "batchNo", "data", "key", "sign"]
    assert parts["key"] == "h1dden"
    # files are no parameters
    text = f"batchNo={batch.number}&key=h1dden&unit=county"
    assert parts["sign"] == hashlib.sha256(text.encode()).hexdigest()
