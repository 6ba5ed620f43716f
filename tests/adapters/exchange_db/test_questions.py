"""Questions over HTTP beside an exchange database: checked and closed like everything else."""

import socket
from typing import Any

import pytest

from tests.adapters.exchange_db.front import Front, profile_values
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.adapters.http.client import HttpClient
from xinqiao.adapters.profile import load_profile

DEAD = "http://127.0.0.1:9"


def with_web(front: Front, base_url: str, *operations: str) -> ProfileConnector:
    asked = load_profile("async_serial", {}).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    web: dict[str, Any] = {k: v for k, v in asked["transport"].items() if k != "type"}
    values = profile_values()
    values["web"] = web | {"base_url": base_url, "attempts": 1}
    values["operations"] = {name: asked["operations"][name] for name in operations}
    values["settings"] = {"organisation_code": "报送单位"}
    values["credentials"] = {}
    front.user = "u"
    front.create()
    return front.connector(values)


def test_questions_that_nobody_answers_fail_the_check(file_front: Front) -> None:
    connector = with_web(file_front, DEAD, "query", "probe")
    probe = connector.probe()
    assert not probe.ok
    assert ("网络", False) in [check[:2] for check in probe.checks]
    connector.close()


def test_questions_are_reached_and_given_up_at_the_end(
    file_front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connector = with_web(file_front, f"http://127.0.0.1:{listener.getsockname()[1]}", "query")
        assert ("网络", True) in [check[:2] for check in connector.probe().checks]
        closed: list[HttpClient] = []

        def close(client: HttpClient) -> None:
            closed.append(client)

        monkeypatch.setattr(HttpClient, "close", close)
        connector.close()
        assert len(closed) == 1
    assert connector.query("permit", "甲1号").reply.code == "closed"


def test_an_address_without_questions_is_not_asked_for(file_front: Front) -> None:
    connector = with_web(file_front, DEAD)
    assert "网络" not in [name for name, _, _ in connector.probe().checks]
    connector.close()
