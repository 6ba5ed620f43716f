"""Several threads, one token: asked for once, refused once, renewed once."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from tests.adapters.conftest import FrozenClock
from xinqiao.adapters.base import Credentials, Outcome, Reply, SealedBatch, Surroundings
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.adapters.http.authentication.chain import Authentication, Stamped
from xinqiao.adapters.http.exchange import HttpAnswer, HttpRequest
from xinqiao.adapters.profile import load_profile

Connect = Callable[..., ProfileConnector]
BASE = "https://platform.test"
THREADS = 8
A_MOMENT_SECONDS = 0.3
PATIENCE_SECONDS = 30


@pytest.fixture
def router() -> Iterator[Any]:
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        router.post("/oauth/token", name="token")
        router.post("/api/v1/submissions", name="submit").respond(json={"code": "4001"})
        yield router


def answer_slowly(router: Any, body: dict[str, object]) -> None:
    """Let the others come while the first one's request for a token is under way."""

    def answer(_: httpx.Request) -> httpx.Response:
        threading.Event().wait(A_MOMENT_SECONDS)
        return httpx.Response(200, json=body)

    router["token"].mock(side_effect=answer)


def submit_together(connector: ProfileConnector, batch: SealedBatch) -> list[Reply]:
    barrier = threading.Barrier(THREADS)
    replies: list[Reply] = []

    def work() -> None:
        barrier.wait(PATIENCE_SECONDS)
        replies.append(connector.submit(batch))

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return replies


def test_threads_that_need_a_token_at_the_same_time_ask_for_one(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    answer_slowly(router, {"code": "200", "data": {"access_token": "t", "expires_in": 7200}})
    connector = connect(overlay={"pace": {"parallel_calls": THREADS}})
    assert len(submit_together(connector, batch)) == THREADS
    assert (router["token"].call_count, router["submit"].call_count) == (1, THREADS)


def test_a_token_that_is_refused_is_asked_for_once_and_nobody_sends_anything(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    """Eight wrong tries at the same moment would lock the account."""
    answer_slowly(router, {"code": "401", "message": "密钥错误"})
    connector = connect(overlay={"pace": {"parallel_calls": THREADS}})
    replies = submit_together(connector, batch)
    assert router["token"].call_count == 1
    assert not router["submit"].called
    outcomes = sorted((reply.outcome.value, reply.code) for reply in replies)
    waited = (Outcome.RETRYABLE.value, "token_busy")
    assert outcomes == [(Outcome.AUTH.value, "401"), *[waited] * (THREADS - 1)]
    assert all(reply.message for reply in replies)


def test_a_token_too_short_lived_to_be_kept_serves_those_who_waited_for_it(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    """Each asking for one of its own, one after the other, would pass the bound of a call."""
    answer_slowly(router, {"code": "200", "data": {"access_token": "t", "expires_in": 1}})
    connector = connect(overlay={"pace": {"parallel_calls": THREADS}})
    replies = submit_together(connector, batch)
    assert [reply.outcome for reply in replies] == [Outcome.REJECTED] * THREADS
    assert router["submit"].call_count == THREADS
    # whoever comes after all that asks for another
    assert router["token"].call_count == 1
    connector.submit(batch)
    assert router["token"].call_count == 2


@pytest.fixture
def authentication(clock: FrozenClock) -> Authentication:
    """Tokens t1, t2 and so on, one for every time that one is asked for."""
    asked: list[HttpRequest] = []

    def exchange(request: HttpRequest) -> HttpAnswer:
        asked.append(request)
        data = {"access_token": f"t{len(asked)}", "expires_in": 7200}
        return HttpAnswer(200, {}, json.dumps({"code": "200", "data": data}).encode())

    return Authentication(
        load_profile("credit_shandong", {}),
        Surroundings(
            Credentials({"client_id": "county", "client_secret": "s3cret"}),
            clock,
            {"organisation_code": "11370323MB2826290X"},
        ),
        exchange,
    )


def stamped(authentication: Authentication) -> Stamped:
    made = authentication.stamped(HttpRequest("POST", "/x"), "submit")
    assert isinstance(made, Stamped)
    return made


def token(authentication: Authentication) -> str:
    return stamped(authentication).request.headers["authorization"]


def test_a_refused_token_that_another_thread_has_renewed_since_is_not_renewed_again(
    authentication: Authentication,
) -> None:
    refused = stamped(authentication)
    assert authentication.renew(refused)
    assert token(authentication).endswith("t2")
    assert authentication.renew(refused), "there is a token to try with"
    assert token(authentication).endswith("t2")


def test_without_a_refusal_to_name_every_token_is_renewed(authentication: Authentication) -> None:
    assert token(authentication).endswith("t1")
    assert authentication.renew()
    assert token(authentication).endswith("t2")
