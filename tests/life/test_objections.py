"""An objection takes nothing down; it must be answered in time, and the applicant told."""

from dataclasses import replace
from datetime import date

import pytest

from tests.life.bureau import OBJECTION, SHARING, SITE, Bureau
from xinqiao.clock import end_of
from xinqiao.database.tables import duty
from xinqiao.errors import InputError, RefusedError
from xinqiao.intake.applications import Answering, Objecting
from xinqiao.queue.board import handling_board
from xinqiao.queue.calendars import import_notice, recount
from xinqiao.queue.jobs import run_if_due
from xinqiao.queue.objections import Objected, objections
from xinqiao.queue.overdue import NOTE_OVERDUE
from xinqiao.routing.calendar import Notice, NoticeDay
from xinqiao.routing.thresholds import Thresholds

RECEIVED = Objecting("金额有误", date(2026, 11, 18))
ANSWER = Answering("异议不成立", date(2026, 11, 20), date(2026, 11, 20))


def object_to(bureau: Bureau, record_id: str, objecting: Objecting = RECEIVED) -> str:
    with bureau.database.writing() as connection:
        return bureau.entry_desk(connection, "").open_objection(record_id, objecting).number


def answer(bureau: Bureau, number: str, answering: Answering = ANSWER) -> str:
    with bureau.database.writing() as connection:
        return bureau.entry_desk(connection, "").close_objection(number, answering).record


def listed(bureau: Bureau, *, handled: bool = False) -> list[Objected]:
    with bureau.database.reading() as connection:
        return objections(connection, bureau.clock.now(), handled=handled)


def figures(bureau: Bureau) -> tuple[int, int, int]:
    now = bureau.clock.now()
    with bureau.database.reading() as connection:
        board = handling_board(connection, Thresholds(now, now, now))
    return board["open"], board["overdue"], board["due_soon"]


@pytest.mark.parametrize(
    ("others", "rule", "due_on"),
    [(False, "D5a", date(2026, 11, 23)), (True, "D5", date(2026, 11, 27))],
)
def test_three_working_days_or_seven_where_others_verify(
    bureau: Bureau, others: bool, rule: str, due_on: date
) -> None:
    record_id = bureau.shown()
    object_to(bureau, record_id, Objecting("金额有误", date(2026, 11, 18), others))
    (made,) = bureau.records("objection")
    assert bureau.duties("bureau", made.id) == [(rule, due_on, None)]
    (row,) = bureau.rows(duty, duty.c.platform == "bureau")
    assert (row.legal, "第三十九条" in row.basis) == (True, True)


def test_the_record_stays_shown_and_says_that_it_is_objected_to(bureau: Bureau) -> None:
    record_id = bureau.shown()
    number = object_to(bureau, record_id)
    bureau.send()
    assert (number, bureau.held(SITE, record_id)) == ("YY20261118-001", 1)
    assert bureau.line(record_id).objections == (number,)


def test_the_objection_is_reported_and_its_end_too(bureau: Bureau) -> None:
    number = object_to(bureau, bureau.shown())
    bureau.send()
    objection_id = answer(bureau, number)
    bureau.send()
    asked = bureau.asked(SHARING, objection_id)
    assert asked == [("insert", 1, "accepted"), ("update", 2, "accepted")]


def test_the_clock_stops_when_the_applicant_was_told(bureau: Bureau) -> None:
    record_id = bureau.shown()
    number = object_to(bureau, record_id)
    assert figures(bureau) == (1, 0, 0)
    objection_id = answer(bureau, number)
    assert bureau.duties("bureau", objection_id) == [("D5a", date(2026, 11, 23), "handled")]
    assert (figures(bureau), bureau.line(record_id).objections) == ((0, 0, 0), ())
    assert bureau.entries("duty.handled")[0].record_id == objection_id


def test_a_decision_that_the_applicant_was_not_told_stops_nothing(bureau: Bureau) -> None:
    number = object_to(bureau, bureau.shown())
    objection_id = answer(bureau, number, Answering("异议不成立", date(2026, 11, 20)))
    assert bureau.duties("bureau", objection_id)[0][2] is None


def test_a_correction_that_takes_back_the_answer_starts_the_clock_again(bureau: Bureau) -> None:
    number = object_to(bureau, bureau.shown())
    objection_id = answer(bureau, number)
    bureau.take_in("objection", objection_id, application_number=number, content="金额、日期有误")
    assert bureau.duties("bureau", objection_id) == [("D5a", date(2026, 11, 23), None)]
    assert len(bureau.entries("duty.reopened")) == 1


def test_it_turns_out_that_others_must_verify(bureau: Bureau) -> None:
    bureau.shown()
    objection_id, _ = bureau.take_in("objection")
    bureau.take_in("objection", objection_id, verified_by_others="是")
    assert bureau.duties("bureau", objection_id) == [("D5", date(2026, 11, 27), None)]


def test_an_answer_that_is_late_is_overdue_from_the_midnight_on_and_logged_once(
    bureau: Bureau,
) -> None:
    number = object_to(bureau, bureau.shown())
    bureau.pass_days(3.58)  # from ten in the morning to shortly before midnight of the last day
    assert (figures(bureau), listed(bureau)[0].overdue) == ((1, 0, 0), False)
    bureau.pass_days(0.03)
    assert (figures(bureau), listed(bureau)[0].overdue) == ((1, 1, 0), True)
    for _ in range(2):
        run_if_due(bureau.worker(), NOTE_OVERDUE)
    logged = [row for row in bureau.entries("duty.overdue") if row.platform == "bureau"]
    assert len(logged) == 1
    answer(bureau, number, Answering("异议不成立", date(2026, 11, 24), date(2026, 11, 24)))
    (row,) = bureau.rows(duty, duty.c.platform == "bureau")
    assert row.reported_at >= row.due_at


def test_an_answer_told_on_the_last_day_is_in_time_whenever_it_is_entered(bureau: Bureau) -> None:
    number = object_to(bureau, bureau.shown())
    bureau.pass_days(30)
    answer(bureau, number, Answering("异议不成立", date(2026, 11, 23), date(2026, 11, 23)))
    (row,) = bureau.rows(duty, duty.c.platform == "bureau")
    assert row.reported_at < row.due_at


def test_open_ones_are_counted_anew_with_the_calendar_and_closed_ones_are_not(
    bureau: Bureau,
) -> None:
    number = object_to(bureau, bureau.shown())
    with bureau.database.writing() as connection:
        connection.execute(duty.update().values(due_on=date(2026, 1, 1)))
        recount(connection, bureau.cause("新日历"))
    objection_id = bureau.records("objection")[0].id
    assert bureau.duties("bureau", objection_id) == [("D5a", date(2026, 11, 23), None)]
    answer(bureau, number)


def test_a_notice_moves_what_is_not_answered_and_nothing_else(bureau: Bureau) -> None:
    record_id = bureau.shown()
    answered = object_to(bureau, record_id)
    answer(bureau, answered)
    waiting = object_to(bureau, record_id, replace(RECEIVED, content="名称有误"))
    day_off = {date(2026, 11, 23): NoticeDay(working=False, reason="示例")}
    with bureau.database.writing() as connection:
        done = import_notice(
            connection,
            Notice("示例〔2026〕1号", day_off),
            "通知.toml",
            "a" * 64,
            bureau.cause("公布"),
        )
    (moved,) = [one for one in done.moved if one.platform == "bureau"]
    assert (moved.rule, moved.before, moved.after) == (
        "D5a",
        date(2026, 11, 23),
        date(2026, 11, 24),
    )
    assert (moved.legal, moved.overdue) == (True, False)
    assert [(one.number, one.due_on) for one in listed(bureau)] == [(waiting, date(2026, 11, 24))]
    (old,) = [one for one in listed(bureau, handled=True) if one.number == answered]
    assert old.due_on == date(2026, 11, 23)
    # the end of the 23rd, and of the 24th, in Asia/Shanghai
    bureau.clock.advance((end_of(date(2026, 11, 23)) - bureau.clock.now()).total_seconds())
    assert figures(bureau)[:2] == (1, 0)
    bureau.pass_days(1)
    assert figures(bureau)[:2] == (1, 1)


def test_numbers_are_given_in_order_and_never_twice(bureau: Bureau) -> None:
    record_id = bureau.shown()
    second = Objecting("日期有误", date(2026, 11, 18))
    numbers = [object_to(bureau, record_id), object_to(bureau, record_id, second)]
    assert numbers == ["YY20261118-001", "YY20261118-002"]
    own = Objecting("金额有误", date(2026, 11, 18), number="YY20261118-002")
    with pytest.raises(RefusedError, match="已经登记过"):
        object_to(bureau, record_id, own)


def test_the_same_objection_is_opened_once_unless_it_has_a_number_of_its_own(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    number = object_to(bureau, record_id)
    for _ in range(2):
        with pytest.raises(RefusedError, match=number):
            object_to(bureau, record_id)
        if not bureau.entries("duty.handled"):
            answer(bureau, number)
    again = Objecting("金额有误", date(2026, 11, 18), number="沂交异〔2026〕2号")
    assert object_to(bureau, record_id, again) == "沂交异〔2026〕2号"
    object_to(bureau, record_id, Objecting("金额有误", date(2026, 11, 19)))
    other = bureau.penalty(document_number="沂交罚〔2026〕0002号")
    object_to(bureau, other)
    assert len(bureau.records("objection")) == 4


def reopen(bureau: Bureau, number: str) -> str:
    with bureau.database.writing() as connection:
        return bureau.entry_desk(connection, "登记错了").reopen_objection(number).record


def test_an_objection_closed_by_mistake_is_opened_again_under_its_old_limit(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    number = object_to(bureau, record_id)
    with pytest.raises(RefusedError, match="还没有办结"):
        reopen(bureau, number)
    for _ in range(2):
        objection_id = answer(bureau, number)
        reopen(bureau, number)
        assert bureau.duties("bureau", objection_id) == [("D5a", date(2026, 11, 23), None)]
        assert bureau.line(record_id).objections == (number,)
    answer(bureau, number)
    bureau.send()
    assert [one[2] for one in bureau.duties("bureau", objection_id)] == ["handled"]
    assert "登记错了" in bureau.entries("record.changed")[-2].body


def test_the_list_shows_the_most_urgent_first_and_handled_ones_on_request(bureau: Bureau) -> None:
    record_id = bureau.shown()
    later = object_to(bureau, record_id, Objecting("日期有误", date(2026, 11, 20)))
    sooner = object_to(bureau, record_id)
    assert [one.number for one in listed(bureau)] == [sooner, later]
    answer(bureau, sooner)
    assert [one.number for one in listed(bureau)] == [later]
    assert [one.handled for one in listed(bureau, handled=True)] == [True, False]


def test_an_objection_that_is_not_there_is_told(bureau: Bureau) -> None:
    with pytest.raises(InputError, match="没有这个编号的异议"):
        answer(bureau, "YY20260101-001")


def test_a_result_that_corrected_needs_what_was_corrected(bureau: Bureau) -> None:
    number = object_to(bureau, bureau.shown())
    wrong = Answering("异议成立，已更正", date(2026, 11, 20), date(2026, 11, 20))
    with pytest.raises(InputError, match="更正内容"):
        answer(bureau, number, wrong)


def test_an_objection_entered_by_mistake_is_withdrawn_and_owed_no_more(bureau: Bureau) -> None:
    record_id = bureau.shown()
    objection_id, _ = bureau.take_in("objection")
    bureau.withdraw(objection_id)
    assert bureau.duties("bureau", objection_id)[0][2] == "waived"
    assert (listed(bureau), bureau.line(record_id).objections) == ([], ())
    bureau.undo_withdrawal(objection_id)
    assert bureau.duties("bureau", objection_id)[0][2] is None
    assert bureau.line(record_id).objections == (OBJECTION["application_number"],)


def test_an_imported_objection_about_what_is_not_here_is_told(bureau: Bureau) -> None:
    _, findings = bureau.take_in("objection")
    assert [one.code for one in findings] == ["no_such_record"]
