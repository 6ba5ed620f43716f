"""Receipts from a public page, served by a real socket."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    Operation,
    Outcome,
    ReceiptMode,
    SealedBatch,
    SentBatch,
)
from xinqiao.adapters.connector import ProfileConnector
from xinqiao.errors import SettingsError

Connect = Callable[..., ProfileConnector]
Serve = Callable[[Callable[[socket.socket], None]], str]
MARKER = "<h1>双公示 行政许可</h1>"
ONE, TWO = "鲁交许〔2026〕1号", "鲁交许〔2026〕2号"
PAGE = {"source": "made up", "path": "/public/{kind}", "marker": "双公示行政许可"}
BY_KEY = PAGE | {
    "query": {"no": "key"},
    "nothing": "没有找到",
    "shows": ["values.XK_XDR_MC"],
}


def page(
    body: str, status: str = "200 OK", charset: str = "utf-8"
) -> Callable[[socket.socket], None]:
    content = body.encode(charset)
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(content)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + content)


def overlay(page: dict[str, Any], rows: int = 50) -> dict[str, Any]:
    receipts = {"mode": "page_check", "page": page}
    return {"receipts": receipts, "limits": {"rows_per_batch": rows}}


@pytest.fixture
def look(connect: Connect, serve: Serve, batch: SealedBatch) -> Callable[..., BatchReport]:
    shown: list[Callable[[socket.socket], None]] = []

    def answer(connection: socket.socket) -> None:
        shown[0](connection)

    base = serve(answer)

    def at(
        body: str,
        *,
        operation: Operation = Operation.INSERT,
        check: dict[str, Any] | None = None,
        rows: int = 2,
        before: frozenset[int] = frozenset(),
        **served: Any,
    ) -> BatchReport:
        shown[:] = [page(body, **served)]
        connector = connect(base, overlay(check or PAGE, 50 if rows > 1 else 1))
        asked = replace(batch, operation=operation, rows=batch.rows[:rows])
        return connector.poll(SentBatch(asked, delivered_before=before))

    return at


Look = Callable[..., BatchReport]


def decided(report: BatchReport) -> dict[int, str]:
    assert all(one.outcome is Outcome.ACCEPTED for one in report.rows)
    return {one.row: one.code for one in report.rows}


def test_what_the_page_shows_is_accepted_and_the_rest_waits(
    look: Look, received: list[bytes]
) -> None:
    report = look(f"{MARKER}<td>鲁交许[2026]1号</td>")
    assert (report.progress, decided(report)) == (BatchProgress.PENDING, {1: "page_shows"})
    assert report.reply.raw
    assert received == [b"GET /public/permit HTTP/1.1"]


def test_a_batch_whose_every_row_is_shown_is_complete(look: Look) -> None:
    report = look(f"{MARKER}<td>{ONE}</td><td>{TWO}</td>")
    assert (report.progress, len(report.rows)) == (BatchProgress.COMPLETE, 2)


@pytest.mark.parametrize(
    ("body", "served", "code"),
    [
        (f"<h1>登录</h1><td>{ONE}</td>", {}, "no_marker"),
        (f"{MARKER}<td>{ONE}</td>", {"status": "404 Not Found"}, "http_404"),
        (f"{MARKER}<td>{ONE}</td>", {"status": "302 Found"}, "http_302"),
        (f"{MARKER}<td>{ONE}</td>", {"charset": "gbk"}, "wrong_encoding"),
    ],
)
def test_a_page_that_is_not_the_one_is_no_answer(
    look: Look, body: str, served: dict[str, str], code: str
) -> None:
    report = look(body, **served)
    assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())
    assert (report.reply.outcome, report.reply.code) == (Outcome.IN_DOUBT, code)


def test_a_page_in_gbk_is_read_where_the_profile_says_so(look: Look) -> None:
    report = look(f"{MARKER}<td>{ONE}</td>", check=PAGE | {"charset": "gbk"}, charset="gbk")
    assert decided(report) == {1: "page_shows"}


@pytest.mark.parametrize("check", [PAGE, PAGE | {"shows": ["values.XK_XDR_MC"]}])
def test_an_update_is_not_believed_for_a_number_that_was_there_before(
    look: Look, check: dict[str, Any]
) -> None:
    body = f"{MARKER}<td>{ONE}</td><td>沂源测试汽修厂</td>"
    assert decided(look(body, operation=Operation.UPDATE, check=check)) == {}


def test_an_insert_is_not_believed_for_a_record_that_was_there_before(look: Look) -> None:
    body = f"{MARKER}<td>{ONE}</td><td>{TWO}</td>"
    report = look(body, before=frozenset({1}))
    assert (report.progress, decided(report)) == (BatchProgress.PENDING, {2: "page_shows"})


def test_a_value_that_is_not_beside_the_number_keeps_the_row_waiting(look: Look) -> None:
    beside = PAGE | {"shows": ["values.XK_XDR_MC"]}
    assert decided(look(f"{MARKER}<td>{ONE}</td><td>别家</td>", check=beside)) == {}


@pytest.mark.parametrize("operation", [Operation.WITHDRAW, Operation.TAKE_DOWN])
def test_a_record_is_gone_only_from_a_page_that_was_opened_for_it(
    look: Look, received: list[bytes], operation: Operation
) -> None:
    gone = look(f"{MARKER}<p>没有找到</p>", operation=operation, check=BY_KEY, rows=1)
    assert (gone.progress, decided(gone)) == (BatchProgress.COMPLETE, {1: "page_shows_no_longer"})
    assert b"?no=%E9%B2%81" in received[-1]
    listed = look(f"{MARKER}<td>{TWO}</td>", operation=operation)
    assert (listed.progress, listed.rows) == (BatchProgress.PENDING, ())


@pytest.mark.parametrize(
    "body",
    [
        f"<td>{ONE}</td>",
        f"<input value='{ONE}'>",
        f"<td>{ONE}之一</td>",
        f'<div style="display:none">没有找到</div><td>{ONE}</td>',
        f"<aside>相关记录：没有找到</aside><td>{ONE}</td>",
        f"<p>没有找到</p><script>show('{ONE}')</script>",
        "<p>共 0 条</p>",
        '<div id="app"></div><noscript>没有找到</noscript>',
        "<div hidden>没有找到</div>",
    ],
)
def test_a_record_that_the_page_may_still_hold_is_not_gone(look: Look, body: str) -> None:
    report = look(f"{MARKER}{body}", operation=Operation.WITHDRAW, check=BY_KEY, rows=1)
    assert (report.progress, report.rows) == (BatchProgress.PENDING, ())


def test_the_empty_shell_of_a_page_that_scripts_fill_is_no_answer(look: Look) -> None:
    shell = "<title>双公示 行政许可</title><div id='app'></div>"
    report = look(shell, operation=Operation.WITHDRAW, check=BY_KEY, rows=1)
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "no_marker")


@pytest.mark.parametrize(
    "body",
    [
        f"<p>没有找到与“{ONE}”有关的记录</p>",
        f"<p>没有找到与“{ONE}”有关的记录</p><p>沂源测试汽修厂</p>",
        f"<p>您查询的是 {ONE}</p>",
        f'<div style="display:none"><td>{ONE}</td><td>沂源测试汽修厂</td></div>',
    ],
)
def test_the_echo_of_a_search_shows_nothing(look: Look, body: str) -> None:
    assert decided(look(f"{MARKER}{body}", check=BY_KEY, rows=1)) == {}


@pytest.mark.parametrize("proof", ["values.XK_ZT", "values.XK_NONE"])
def test_what_is_no_more_than_the_number_proves_nothing_beside_it(look: Look, proof: str) -> None:
    echo = f"{MARKER}<p>您查询的是 {ONE}</p>"
    assert decided(look(echo, check=BY_KEY | {"shows": [proof]}, rows=1)) == {}


def test_a_sentence_that_repeats_the_number_is_told_by_the_profile(look: Look) -> None:
    body = f"{MARKER}<p>没有找到“{ONE}”</p>"
    for check, gone in (
        (BY_KEY, {}),
        (BY_KEY | {"nothing": "没有找到“{key}”"}, {1: "page_shows_no_longer"}),
    ):
        report = look(body, operation=Operation.WITHDRAW, check=check, rows=1)
        assert decided(report) == gone


def test_without_the_marker_nothing_is_gone(look: Look) -> None:
    report = look("<p>系统维护</p>", operation=Operation.WITHDRAW, check=BY_KEY, rows=1)
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "no_marker")


def test_a_kind_that_the_page_does_not_show_cannot_be_told(
    look: Look, received: list[bytes]
) -> None:
    report = look(MARKER, check=PAGE | {"kinds": ["penalty"]})
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "kind_not_shown")
    assert received == []


def test_an_expression_that_cannot_work_is_a_mistake_of_the_profile_and_nothing_is_asked(
    look: Look, received: list[bytes]
) -> None:
    with pytest.raises(SettingsError, match=r"receipts\.page\.shows"):
        look(MARKER, check=PAGE | {"shows": ["length(`1`)"]})
    assert received == []


def test_nothing_follows_for_what_is_in_doubt(connect: Connect) -> None:
    capabilities = connect(overlay=overlay(PAGE)).capabilities
    assert capabilities.receipts is ReceiptMode.PAGE_CHECK
    assert capabilities.poll
    assert not capabilities.poll_in_doubt


def test_the_page_may_stand_at_an_address_of_its_own(
    connect: Connect, serve: Serve, batch: SealedBatch, received: list[bytes]
) -> None:
    base = serve(page(f"{MARKER}<td>{ONE}</td>"))
    connector = connect(overlay=overlay(PAGE | {"base_url": base}))
    assert decided(connector.poll(SentBatch(batch))) == {1: "page_shows"}
    assert len(received) == 1


def test_a_rehearsal_looks_at_no_foreign_page(connect: Connect) -> None:
    foreign = overlay(PAGE | {"base_url": "https://page.test"})
    with pytest.raises(SettingsError, match="演练"):
        connect("http://127.0.0.1:9", foreign, loopback_only=True)


def test_an_address_that_nobody_listens_at_is_no_answer(
    connect: Connect, batch: SealedBatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    report = connect(f"http://127.0.0.1:{port}", overlay(PAGE)).poll(SentBatch(batch))
    assert (report.progress, report.reply.code) == (BatchProgress.NO_ANSWER, "connect_refused")


@pytest.mark.parametrize(("body", "passed"), [(MARKER, True), ("<h1>登录</h1>", False)])
def test_the_check_before_use_looks_for_the_marker(
    connect: Connect, serve: Serve, body: str, passed: bool
) -> None:
    probe = connect(serve(page(body)), overlay(BY_KEY, 1)).probe()
    assert [good for name, good, _ in probe.checks if name == "公示页面"] == [passed]
