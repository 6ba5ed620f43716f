"""What leaves for a batch, in every way a body can be written: seen by a connector's peer."""

from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import respx
import xmltodict
from structlog.testing import capture_logs

from xinqiao.adapters.base import Outcome, SealedBatch
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.adapters.profile import load_profile
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]
BASE = "https://platform.test"
ROWS = "rows[].{'@no': number, XK_WSH: key, XK_XDR_MC: values.XK_XDR_MC}".replace("'", '"')
XML = f'{{Message: {{"@batch": batch, Row: {ROWS}}}}}'


def submission(**changes: Any) -> dict[str, Any]:
    return {"operations": {"submit": changes}}


def by_key(page: dict[str, Any]) -> dict[str, Any]:
    looked_at = {"source": "x", "path": "/p/{key}", "marker": "公示", **page}
    receipts = {"mode": "page_check", "page": looked_at}
    return {"receipts": receipts, "limits": {"rows_per_batch": 1}}


@pytest.fixture
def router() -> Any:
    token = {"code": "200", "data": {"access_token": "token-1", "expires_in": 7200}}
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        router.post("/oauth/token").respond(json=token)
        yield router


def sent_of(router: Any, connect: Connect, batch: SealedBatch, **changes: Any) -> Any:
    route = router.post(url__regex=r".*/api/.*").respond(json={})
    connect(overlay=submission(**changes)).submit(batch)
    return route.calls.last.request


def test_an_xml_body_leaves_in_the_platforms_character_set(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    request = sent_of(router, connect, batch, body_as="xml", charset="gbk", body=XML)
    assert request.headers["content-type"] == "application/xml; charset=gbk"
    told = xmltodict.parse(request.content.decode("gbk"), encoding="utf-8")["Message"]
    assert told["@batch"] == batch.number
    assert [row["XK_WSH"] for row in told["Row"]] == [row.key for row in batch.rows]


def test_a_character_that_does_not_fit_is_rejected_before_anything_is_sent(
    router: Any, connect: Connect, batch: SealedBatch, identity_number: str
) -> None:
    route = router.post("/api/v1/submissions").respond(json={})
    bad = replace(batch.rows[1], values={**batch.rows[1].values, "XK_XDR_MC": "𠮷田运输"})
    body = f"{{Message: {{Row: {ROWS}}}}}"
    connector = connect(overlay=submission(body_as="xml", charset="gbk", body=body))
    reply = connector.submit(replace(batch, rows=(batch.rows[0], bad)))
    assert (reply.outcome, reply.code) == (Outcome.REJECTED, "not_encodable")
    ((row, outcome, message),) = [(one.row, one.outcome, one.message) for one in reply.rows]
    assert (row, outcome) == (2, Outcome.REJECTED)
    assert "XK_XDR_MC" in message
    assert "𠮷" not in message
    assert identity_number not in message
    assert not route.called


def test_a_character_of_the_settings_that_does_not_fit_is_no_rows_fault(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    route = router.post("/api/v1/submissions").respond(json={})
    connector = connect(overlay=submission(body_as="xml", charset="gbk", body="{M: '𠮷'}"))
    with pytest.raises(SettingsError, match="gbk 容纳不了的字"):
        connector.submit(batch)
    with pytest.raises(SettingsError, match="容纳不了的字"):
        connector.render(batch)
    assert not route.called


def test_a_multipart_body_is_the_same_on_a_resend(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    body = "{batchNo: batch, file: {filename: join('', [batch, '.json']), content: rows[].values}}"
    first = sent_of(router, connect, batch, body_as="multipart", body=body)
    again = sent_of(router, connect, batch, body_as="multipart", body=body)
    assert first.content == again.content
    assert first.headers["content-type"] == again.headers["content-type"]
    head = b"Content-Type: " + first.headers["content-type"].encode() + b"\r\n\r\n"
    parts = message_from_bytes(head + first.content).get_payload()
    assert isinstance(parts, list)
    assert f"{batch.number}.json" in str(parts[1])


def test_everything_can_stand_in_the_query_string(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    body = "{batchNo: batch, keys: rows[].key}"
    request = sent_of(
        router, connect, batch, body_as="query", body=body, query={"v": "'1'"}, method="POST"
    )
    asked = parse_qs(urlsplit(str(request.url)).query)
    assert asked["v"] == ["1"]
    assert asked["batchNo"] == [batch.number]
    assert batch.rows[0].key in asked["keys"][0]
    assert request.content == b""
    connector = connect(overlay=submission(body_as="query", body=body))
    assert batch.number.encode() in connector.render(batch)


def test_the_limit_of_bytes_counts_a_query_string_too(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    route = router.post("/api/v1/submissions").respond(json={})
    overlay = submission(body_as="query", body="{a: rows}") | {"limits": {"bytes_per_batch": 1024}}
    wide = tuple(replace(row, values={"XK_NR": "一" * 600}) for row in batch.rows)
    reply = connect(overlay=overlay).submit(replace(batch, rows=wide))
    assert (reply.outcome, reply.code) == (Outcome.REJECTED, "batch_too_large")
    assert not route.called


def test_each_operation_can_have_a_path_of_its_own_and_logs_show_none_of_its_values(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    with capture_logs() as logs:
        request = sent_of(router, connect, batch, path="/api/{operation}/{batch}")
    assert request.url.path == f"/api/insert/{batch.number}"
    assert "/api/{operation}/{batch}" in {entry.get("path") for entry in logs}
    assert all(batch.number not in str(entry.get("path")) for entry in logs)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"operations": {"submit": {"body_as": "soap"}}},
            "operations.submit.body_as 应为 json、form",
        ),
        (
            {"operations": {"submit": {"charset": "big5"}}},
            "operations.submit.charset 应为 utf-8、gbk",
        ),
        (
            {"operations": {"submit": {"path": "/a/{b"}}},
            "operations.submit.path 花括号中应为一个名称",
        ),
        (
            {"operations": {"submit": {"unwrap": [{"at": "data", "is": "json"}]}}},
            "operations.submit.unwrap[1].is 不是认识的项",
        ),
        (
            {"operations": {"submit": {"unwrap": [{"at": "data"}]}}},
            "operations.submit.unwrap[1].as 缺少这一项",
        ),
        (
            {"operations": {"submit": {"unwrap": [{"at": "a..b", "as": "json"}]}}},
            "operations.submit.unwrap[1].at 应符合格式",
        ),
        (
            {"operations": {"submit": {"charset": "gbk"}}},
            "operations.submit charset 只用于 body_as = form、multipart、xml",
        ),
        ({"receipts": {"mode": "sync"}}, "至少应有一条 means = accepted"),
        ({"receipts": {"mode": "sync_rows"}}, "至少应有一种代码表示 accepted"),
        (
            {
                "receipts": {
                    "mode": "page_check",
                    "page": {"source": "x", "path": "/p/{key}", "marker": "公示"},
                }
            },
            "limits.rows_per_batch 应为 1",
        ),
        (
            {
                "receipts": {
                    "mode": "page_check",
                    "page": {"source": "x", "path": "/", "query": {"no": "key"}, "marker": "公示"},
                }
            },
            "limits.rows_per_batch 应为 1",
        ),
        (by_key({"shows": ["values.XK_XDR_MC"]}), "须写 nothing"),
        (by_key({"nothing": "没有找到"}), "shows 中写至少一个"),
        (by_key({"nothing": "没有找到", "shows": ["kind"]}), "shows 中写至少一个"),
    ],
)
def test_a_profile_that_cannot_work_is_refused_when_it_is_read(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load_profile("credit_shandong", changes)
    assert told in raised.value.message


def test_receipts_in_the_answer_itself_are_read_without_a_question(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    accepted = [{"when": "body.code == `0`", "means": "accepted"}]
    overlay = submission(answers=accepted) | {"receipts": {"mode": "sync"}}
    router.post("/api/v1/submissions").respond(json={"code": 0})
    connector = connect(overlay=overlay)
    assert not connector.capabilities.poll
    assert connector.submit(batch).outcome is Outcome.ACCEPTED


def test_rows_in_the_answer_itself_are_read_without_a_question(
    router: Any, connect: Connect, batch: SealedBatch
) -> None:
    overlay = submission(rows={"verdicts": {"0000": "accepted"}}) | {
        "receipts": {"mode": "sync_rows"}
    }
    results = [{"index": 1, "code": "0000"}, {"index": 2, "code": "1002", "message": "空"}]
    data = {"batchNo": batch.number, "results": results}
    router.post("/api/v1/submissions").respond(json={"code": "200", "data": data})
    connector = connect(overlay=overlay)
    assert not connector.capabilities.poll
    reply = connector.submit(batch)
    assert [one.outcome for one in reply.rows] == [Outcome.ACCEPTED, Outcome.REJECTED]
