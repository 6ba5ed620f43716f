"""Secrets and identity numbers stay out of logs, representations and messages."""

import logging
import traceback
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from tests.adapters.asking import sent
from xinqiao.adapters.base import Credentials, SealedBatch, SealedRow
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.adapters.http.exchange import HttpAnswer, HttpRequest
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]
TOKEN = "token-never-shown"


def run_everything(connector: ProfileConnector, batch: SealedBatch, identity: str) -> None:
    connector.probe()
    connector.submit(batch)
    connector.poll(sent(batch.number))
    connector.query("permit", identity)
    connector.ledger("permit", date(2026, 11, 1), date(2026, 11, 2))


def echo(identity: str) -> Any:
    """A platform that writes the identity number everywhere it should not."""
    item = {"index": 1, "code": identity, "message": identity, "documentNumber": identity}
    data = {"batchNo": "XQ20261120-0001", "status": "done", "results": [item], "items": [item]}
    return {"code": identity, "message": identity, "data": data}


def answers(identity: str) -> list[Any]:
    body = echo(identity)
    return [
        httpx.Response(200, json=body),
        httpx.Response(200, json=body | {"code": "200"}),
        httpx.Response(200, json={"code": "0032", "message": identity}),
        httpx.Response(429, headers={"Retry-After": identity}),
        httpx.Response(500, text=f"<html>{identity}</html>"),
        httpx.ReadTimeout(identity),
        httpx.ConnectError(identity),
    ]


@pytest.mark.parametrize("which", range(7))
def test_nothing_secret_is_logged(
    which: int,
    connect: Connect,
    batch: SealedBatch,
    secret: str,
    identity_number: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connector = connect()
    token = {"code": "200", "data": {"access_token": TOKEN, "expires_in": 7200}}
    with respx.mock(base_url="https://platform.test") as router, capture_logs() as events:
        router.post("/oauth/token").respond(json=token)
        result = answers(identity_number)[which]
        router.route(path__startswith="/api/").mock(
            side_effect=result if isinstance(result, Exception) else [result] * 40
        )
        run_everything(connector, batch, identity_number)
    said = repr(events) + caplog.text + repr(connector) + repr(vars(connector))
    assert {"submission_answered", "batch_polled", "key_queried"} <= {e["event"] for e in events}
    for word in (secret, TOKEN, identity_number):
        assert word not in said


def test_representations_are_silent(secret: str, identity_number: str) -> None:
    request = HttpRequest(
        "GET", "/x", {"q": identity_number}, {"a": secret}, identity_number.encode()
    )
    answer = HttpAnswer(200, {"a": secret}, identity_number.encode())
    said = repr((request, answer, Credentials({"client_secret": secret})))
    assert secret not in said
    assert identity_number not in said


def test_an_expression_that_fails_on_a_batch_shows_no_value(
    connect: Connect, batch: SealedBatch, identity_number: str
) -> None:
    body = "to_number(rows) || abs(rows[0].values.XK_XDR_SFZ)"
    connector = connect(overlay={"operations": {"submit": {"body": body}}})
    row = SealedRow(1, "x", {"XK_XDR_SFZ": identity_number})
    sealed = SealedBatch("B", batch.platform, "permit", batch.operation, "2018", (row,))
    with pytest.raises(SettingsError) as raised:
        connector.submit(sealed)
    assert identity_number not in "".join(traceback.format_exception(raised.value))


def test_a_missing_secret_is_named_and_the_others_not_shown(connect: Connect, secret: str) -> None:
    with pytest.raises(SettingsError) as raised:
        connect(overlay={"credentials": {"ukey": "证书口令"}})
    assert "证书口令（ukey）" in raised.value.message
    assert secret not in raised.value.message
