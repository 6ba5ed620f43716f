"""``queue show`` as a person reads it: what happened, where it stands and what comes next."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.commands.terminal import Terminal
from tests.imports.books import company, write_book
from xinqiao.adapters.base import Outcome
from xinqiao.clock import SHANGHAI
from xinqiao.commands.queue_next import opens_at, what_next
from xinqiao.commands.words import PURPOSES, WAITS, result_words
from xinqiao.database.engine import Database
from xinqiao.database.tables import attempt, batch, batch_row, submission
from xinqiao.queue.pace import Hours
from xinqiao.routing.calendar import WorkingCalendar

PLATFORM = "credit_shandong"

NOW = "2026-11-20T02:00:00+00:00"
LATER = "2026-11-20T03:30:00+00:00"
MONDAY = "2026-11-23T00:30:00+00:00"
EVENING = "2026-11-20T11:00:00+00:00"


@pytest.fixture
def desk(terminal: Terminal, tmp_path: Path) -> Terminal:
    book = write_book(tmp_path / "许可.xlsx", company(1))
    assert terminal.run("import", book, "--department", "行政许可科").code == 0
    return terminal


def force(terminal: Terminal, **values: object) -> None:
    database = Database(terminal.workspace.database_url)
    with database.writing() as connection:
        connection.execute(sa.update(submission).values(**values))
    database.close()


def shown(desk: Terminal) -> str:
    """Return what is shown, without the places where lines are folded."""
    done = desk.run("queue", "show", 1)
    assert done.code == 0
    return "".join(done.out.split())


def test_the_record_its_version_its_duty_and_what_was_done_are_told(desk: Terminal) -> None:
    desk.run("queue", "hold", 1, "--reason", "等函复")
    page = shown(desk)
    for words in (
        "行政许可",
        "云交许〔2026〕0001号",
        "行政许可科",
        "导入第1版：许可.xlsx第2行，有效，疑点0条；本件报送的就是这一版",
        "报送义务D1产生，法定期限",
        "生成报送件",
        "待报送→已挂起：等函复",
        "平台应有第1版，现在没有",
        "用xinqiaoqueuerelease放行",
    ):
        assert words in page


def attempted(desk: Terminal, *calls: tuple[str, str | None]) -> None:
    """Store a batch of the one submission, with one ended call for each purpose and outcome."""
    start = datetime.now(UTC)
    database = Database(desk.workspace.database_url)
    with database.writing() as connection:
        connection.execute(
            sa.insert(batch).values(
                id=1,
                number="P1",
                platform=PLATFORM,
                kind="permit",
                operation="insert",
                edition="一",
                row_count=1,
                key_id="k",
                sha256="0" * 64,
                sealed_at=start,
            )
        )
        connection.execute(sa.insert(batch_row).values(batch_id=1, row_number=1, submission_id=1))
        for number, (purpose, outcome) in enumerate(calls, 1):
            at = start + timedelta(minutes=number)
            connection.execute(
                sa.insert(attempt).values(
                    batch_id=1,
                    purpose=purpose,
                    worker="a@b/1/2",
                    request_started_at=at,
                    finished_at=None if outcome is None else at + timedelta(seconds=1),
                    outcome=outcome,
                )
            )
    database.close()


@pytest.mark.parametrize("purpose", ["query", "poll"])
@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("received", "有应答"),
        ("accepted", "有应答"),
        ("in_doubt", "没有应答"),
        (None, "没有应答（程序中断或仍在进行）"),
        ("retryable", "没有接通"),
        ("auth", "凭据不认，没有问成"),
        ("rate_limited", "限流，没有问成"),
    ],
)
def test_how_a_question_went_is_not_told_as_if_the_platform_had_taken_the_row(
    desk: Terminal, purpose: str, outcome: str | None, words: str
) -> None:
    attempted(desk, (purpose, outcome))
    page = shown(desk)
    assert f"{PURPOSES[purpose]}：{words}" in page
    assert "已收下" not in page
    assert "已入库" not in page


def test_what_a_send_came_to_is_told_as_what_it_means_for_the_row(desk: Terminal) -> None:
    attempted(desk, ("send", "received"), ("poll", "received"), ("poll", "received"))
    page = shown(desk)
    assert "报送：已收下" in page
    assert "取回执2次，结果都是有应答" in page


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_every_way_a_call_can_end_has_its_words(purpose: str, outcome: str | None) -> None:
    assert result_words(purpose, outcome)


def test_a_refused_action_on_one_is_part_of_its_story(desk: Terminal) -> None:
    desk.run("queue", "release", 1, "--reason", "误按")
    assert "放行未获准：误按" in shown(desk)


def test_a_pause_is_told_as_what_keeps_it(desk: Terminal) -> None:
    desk.run("platforms", "pause", PLATFORM, "--reason", "平台维护")
    assert "暂停（平台维护）" in shown(desk)
    told = desk.run("queue", "show", 1, "--json").json
    assert told["platform_standing"]["paused_reason"] == "平台维护"
    assert told["platform_standing"]["confirmed"]


def test_the_json_holds_what_is_shown(desk: Terminal) -> None:
    told = desk.run("queue", "show", 1, "--json").json
    assert {
        "versions",
        "duties",
        "attempts_made",
        "receipts",
        "actions",
        "events",
        "waits_for",
        "next_attempt_at",
        "department",
        "document_number",
        "wanted_version",
        "held_version",
    } <= set(told)
    assert [one["event"] for one in told["events"]] == ["version", "duty_opened", "action"]


@pytest.mark.parametrize("number", [77, 2**63, 10**30])
def test_an_unknown_number_is_named_and_no_error_of_the_program(
    desk: Terminal, number: int
) -> None:
    for words in (("show", number), ("hold", number, "--reason", "x")):
        done = desk.run("queue", *words)
        assert done.code == 1
        assert f"没有编号为 {number} 的报送件" in done.err


def told(**changes: object) -> dict[str, Any]:
    """Return the part of a story that says where a submission stands."""
    standing = {
        "paused_at": None,
        "paused_reason": "",
        "next_call_at": None,
        "opens_at": None,
        "receipts": "poll",
    }
    return {
        "state": "ready",
        "code": "",
        "message": "",
        "operation": "insert",
        "as_of": NOW,
        "next_attempt_at": NOW,
        "next_poll_at": None,
        "waits_for": "",
        "questions": 0,
        "lease_owner": None,
        "lease_until": None,
        "request_started_at": None,
        "platform_standing": standing | dict(changes.pop("standing", {})),  # type: ignore[call-overload] # a mapping
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "下次执行 xinqiao sync 时报送"),
        ({"next_attempt_at": LATER, "waits_for": "backoff"}, "2026-11-20 11:30 以后报送。原因"),
        ({"standing": {"next_call_at": LATER}}, "平台暂时不可用，2026-11-20 11:30"),
        ({"standing": {"opens_at": LATER}}, "规定的时段接受调用，最早 2026-11-20 11:30 联系"),
        ({"standing": {"next_call_at": LATER, "opens_at": MONDAY}}, "11:30 以后才再联系。平台只在"),
        ({"standing": {"paused_at": NOW, "paused_reason": "维护"}}, "（维护）"),
        ({"state": "sending", "lease_owner": "a@b/1/2", "lease_until": LATER}, "a@b 正在报送"),
        ({"state": "sending", "lease_owner": "a@b/1/2", "lease_until": NOW}, "报送中断"),
        ({"state": "awaiting_receipt", "next_poll_at": LATER}, "11:30 以后取回执"),
        ({"state": "awaiting_receipt", "waits_for": "taken"}, "平台已取走，还没有确认"),
        (
            {
                "state": "awaiting_receipt",
                "next_poll_at": LATER,
                "standing": {"receipts": "manual", "paused_at": NOW},
            },
            "登记平台答复；2026-11-20 11:30 还没有登记的转为挂起。",
        ),
        ({"state": "awaiting_receipt", "standing": {"receipts": "none"}}, "xinqiao reconcile"),
        ({"state": "in_doubt", "questions": 3}, "已问过 3 次"),
        ({"state": "in_doubt", "lease_owner": "a@b/1/2", "lease_until": LATER}, "a@b 正在"),
        ({"state": "in_doubt", "waits_for": "not_visible_yet"}, "查不到不算没有"),
        ({"state": "accepted"}, "已入库：平台已有这一版，无须处理"),
        ({"state": "accepted", "operation": "withdraw"}, "已撤回：平台已不再持有"),
        ({"state": "accepted", "operation": "take_down"}, "已下架：网站已不再公示"),
        ({"state": "rejected"}, "xinqiao corrections"),
        ({"state": "conflict"}, "queue resolve --as accepted"),
        ({"state": "held", "message": "等函复"}, "已挂起（等函复）：没有离开本系统"),
        ({"state": "held", "request_started_at": NOW}, "queue resolve"),
        ({"state": "cancelled", "code": "superseded"}, "后来的报送件接替"),
        ({"state": "cancelled"}, "报送义务仍在"),
    ],
)
def test_every_state_says_what_comes_next(changes: dict[str, Any], words: str) -> None:
    assert words in what_next(told(**changes), confirmed=True)


OFFICE_HOURS = Hours(((time(8, 30), time(17, 30)),), WorkingCalendar([]))


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, None),
        ({"as_of": EVENING}, MONDAY),
        ({"next_attempt_at": EVENING}, MONDAY),
        ({"standing": {"next_call_at": EVENING}}, MONDAY),
        ({"state": "in_doubt", "as_of": EVENING}, MONDAY),
        ({"state": "awaiting_receipt", "next_attempt_at": EVENING, "next_poll_at": LATER}, None),
        ({"state": "awaiting_receipt", "next_poll_at": EVENING}, MONDAY),
        ({"state": "sending", "as_of": EVENING, "lease_until": NOW}, MONDAY),
        ({"state": "sending", "next_attempt_at": EVENING, "lease_until": LATER}, None),
        ({"state": "accepted", "as_of": EVENING}, None),
        ({"state": "held", "as_of": EVENING}, None),
    ],
)
def test_the_hours_of_the_platform_say_from_when_it_can_be_called(
    changes: dict[str, Any], opens: str | None
) -> None:
    """On a Friday, with hours from 08:30 to 17:30 on working days."""
    assert opens_at(told(**changes), OFFICE_HOURS) == opens
    assert opens_at(told(**changes), Hours()) is None


def test_a_platform_that_is_closed_now_is_told_with_when_it_opens(desk: Terminal) -> None:
    local = datetime.now(SHANGHAI)
    # a minute of each day, half a day from now: whenever this runs, it is closed
    begins = (local + timedelta(hours=12)).replace(second=0, microsecond=0)
    span = f"{begins:%H:%M}-{begins + timedelta(seconds=59):%H:%M:%S}"
    path = desk.workspace.root / "platforms" / f"{PLATFORM}.toml"
    path.write_text(f'{path.read_text("utf-8")}\n[pace]\nhours = ["{span}"]\n', "utf-8")
    assert f"最早{begins:%Y-%m-%d%H:%M}联系" in shown(desk)
    standing = desk.run("queue", "show", 1, "--json").json["platform_standing"]
    assert datetime.fromisoformat(standing["opens_at"]) == begins


@pytest.mark.parametrize("waits_for", [one for one in WAITS if one])
def test_every_reason_of_a_wait_has_its_words(waits_for: str) -> None:
    said = what_next(told(waits_for=waits_for), confirmed=True)
    assert WAITS[waits_for] in said


def test_an_unconfirmed_platform_is_named_as_the_reason() -> None:
    assert "platforms confirm" in what_next(told(), confirmed=False)


def test_what_was_sent_and_held_late_is_not_told_as_if_nobody_could_answer_any_more() -> None:
    held = told(state="held", code="receipt_overdue", request_started_at=NOW)
    said = what_next(held, confirmed=True)
    assert "confirm-delivery" in said
    assert "不会再问" not in said
    assert "不清楚" not in said


def test_what_has_left_is_not_told_to_wait_for_its_first_report() -> None:
    sent = told(state="awaiting_receipt", request_started_at=NOW)
    assert "确认才会继续" in what_next(sent, confirmed=False)


def test_a_long_story_is_cut_in_the_middle_and_says_so(desk: Terminal) -> None:
    for number in range(60):
        desk.run("queue", "retry", 1, "--reason", f"第{number}次")
    page = shown(desk)
    assert "中间略去" in page
    assert "第0次" in page
    assert "第59次" in page
    assert "第30次" not in page
