"""What was shown long enough leaves the site by itself: once, on whichever machine comes first."""

import sqlite3
from datetime import date

import pytest
import sqlalchemy as sa

from tests.life.bureau import SHARING, SITE, Bureau
from tests.submission_queue.world import reply, together
from xinqiao.adapters.base import Outcome, RowResult
from xinqiao.database.tables import job_run, take_down
from xinqiao.errors import RefusedError
from xinqiao.queue.publicity import NO_PERIOD, NOT_MOVING, Showing, shown_past_bound
from xinqiao.queue.publishing import PAST_BOUND, STILL_DOWN, Why
from xinqiao.queue.showing import Shown


def past_bound(bureau: Bureau) -> int:
    with bureau.database.reading() as connection:
        return shown_past_bound(connection, SITE, bureau.today)


def days_until(bureau: Bureau, day: date) -> int:
    return (day - bureau.today).days


def classify(
    bureau: Bureau, record_id: str, severity: str, *, published: bool = False
) -> list[Shown]:
    with bureau.database.writing() as connection:
        desk = bureau.desk(connection)
        return desk.classify(record_id, severity, "沂交认〔2026〕9号", published=published)


@pytest.mark.parametrize(
    ("severity", "entered", "last_day"),
    [
        ("一般", None, date(2027, 11, 3)),
        ("严重", None, date(2029, 11, 3)),
        ("严重", "2027-05-01", date(2027, 5, 1)),
        ("一般", "2029-05-01", date(2027, 11, 3)),
        (None, "2027-02-28", date(2027, 2, 28)),
    ],
)
def test_the_last_day_is_the_earlier_of_the_class_and_what_a_person_entered(
    bureau: Bureau, severity: str | None, entered: str | None, last_day: date
) -> None:
    record_id = bureau.shown(severity=severity, publicity_until=entered)
    assert bureau.line(record_id).shown_until == last_day


def test_on_its_last_day_it_is_shown_and_on_the_next_it_is_taken_down(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until="2026-11-25")
    bureau.pass_days(days_until(bureau, date(2026, 11, 25)))
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    bureau.pass_days(1)
    bureau.end_of_day()
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "accepted")]
    assert bureau.held(SHARING, record_id) == 1
    assert [row.why for row in bureau.rows(take_down)] == ["ended"]


def test_a_blank_class_without_a_date_never_takes_down_and_is_told(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.pass_days(2000)
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert bureau.line(record_id).warnings == (NO_PERIOD, PAST_BOUND)


def test_a_record_with_a_period_is_told_of_nothing(bureau: Bureau) -> None:
    record_id = bureau.shown(severity="一般")
    assert bureau.line(record_id).warnings == ()


def test_what_ended_is_taken_down_once_by_two_machines(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until="2026-11-21")
    bureau.pass_days(3)
    done: list[bool] = []
    together(lambda name: done.append(bureau.end_of_day(name)), "one", "two")
    assert sorted(done) == [False, True]
    assert len(bureau.entries("publication.taken_down")) == 1
    assert len(bureau.rows(job_run)) == 1
    assert bureau.end_of_day("three") is False
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "accepted")]


def test_days_that_nobody_looked_are_made_up_for(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until="2026-11-21")
    bureau.pass_days(40)
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) is None


def test_what_had_ended_when_it_was_imported_is_never_shown(bureau: Bureau) -> None:
    record_id = bureau.penalty(publicity_until="2026-11-10")
    bureau.send()
    assert (bureau.asked(SITE, record_id), bureau.held(SHARING, record_id)) == ([], 1)


def test_what_is_imported_on_its_last_day_is_shown_that_day(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until=bureau.today.isoformat())
    bureau.pass_days(1)
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) is None


def test_an_import_with_a_later_date_does_not_put_up_what_ended(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until="2026-11-21")
    bureau.pass_days(3)
    bureau.end_of_day()
    bureau.send()
    _, findings = bureau.take_in("penalty", record_id, publicity_until="2027-11-03")
    bureau.send()
    assert [one.code for one in findings] == [STILL_DOWN]
    assert bureau.held(SITE, record_id) is None
    assert bureau.line(record_id).warnings == (STILL_DOWN,)
    with bureau.database.writing() as connection:
        bureau.desk(connection, "截止期录错").put_up(record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 2


def test_what_ended_cannot_be_put_up_while_its_period_is_over(bureau: Bureau) -> None:
    record_id = bureau.shown(publicity_until="2026-11-21")
    bureau.pass_days(3)
    bureau.end_of_day()
    with pytest.raises(RefusedError, match="公示期满"), bureau.database.writing() as connection:
        bureau.desk(connection).put_up(record_id)
    assert len(bureau.rows(take_down)) == 1


def test_a_class_whose_period_is_over_takes_down_at_once(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.pass_days(400)
    classify(bureau, record_id, "一般")
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert bureau.rows(take_down)[0].why == "ended"


def test_a_person_s_class_goes_before_that_of_the_file(bureau: Bureau) -> None:
    record_id = bureau.shown(severity="严重")
    classify(bureau, record_id, "一般")
    assert bureau.line(record_id).shown_until == date(2027, 11, 3)
    bureau.take_in("penalty", record_id, severity="严重", content="罚款2000元，已缴纳")
    assert bureau.line(record_id).shown_until == date(2027, 11, 3)


@pytest.mark.parametrize(("severity", "published"), [("一般", False), ("轻微", True)])
def test_another_class_puts_nothing_up_by_itself_and_says_so(
    bureau: Bureau, severity: str, published: bool
) -> None:
    record_id = bureau.shown()
    (first,) = classify(bureau, record_id, "轻微")
    assert first.still_down is None
    bureau.send()
    (shown,) = classify(bureau, record_id, severity, published=published)
    bureau.send()
    assert (shown.still_down, bureau.held(SITE, record_id)) == (Why.MINOR, None)
    assert bureau.line(record_id).warnings == (STILL_DOWN,)
    with bureau.database.writing() as connection:
        bureau.desk(connection).put_up(record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1


def test_what_was_never_shown_says_why(bureau: Bureau) -> None:
    over = bureau.penalty(publicity_until="2026-11-10")
    minor = bureau.penalty(document_number="沂交罚〔2026〕0002号", severity="轻微")
    bureau.send()
    assert [bureau.line(one).why for one in (over, minor)] == ["ended", "minor"]


def test_the_list_tells_what_ends_soon_and_not_what_is_in_order(bureau: Bureau) -> None:
    soon = bureau.shown(publicity_until="2026-11-25")
    later = bureau.shown(document_number="沂交罚〔2026〕0002号", severity="一般")
    assert (bureau.line(soon).worth_telling, bureau.line(later).worth_telling) == (True, False)


def test_what_the_site_refused_needs_a_person(bureau: Bureau) -> None:
    bureau.connectors[SITE].answers = [
        reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "1002"))
    ]
    record_id = bureau.penalty(severity="一般")
    bureau.send()
    line = bureau.line(record_id)
    assert (line.warnings, line.needs_a_person) == ((NOT_MOVING,), True)


def test_a_decision_past_its_bound_waits_for_a_person_before_it_is_shown(bureau: Bureau) -> None:
    record_id = bureau.penalty(decision_date="2021-11-19")
    bureau.send()
    assert (bureau.asked(SITE, record_id), bureau.held(SHARING, record_id)) == ([], 1)
    line = bureau.line(record_id)
    assert (line.showing, PAST_BOUND in line.warnings) == (Showing.WAITS, True)
    with bureau.database.writing() as connection:
        bureau.desk(connection, "行为终止于2022年").look(record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert bureau.line(record_id).warnings == (NO_PERIOD,)
    # a correction of another date is another question
    bureau.take_in("penalty", record_id, decision_date="2021-11-18")
    assert PAST_BOUND in bureau.line(record_id).warnings


def test_a_decision_of_exactly_five_years_ago_is_shown(bureau: Bureau) -> None:
    assert bureau.shown(decision_date="2021-11-20")


def test_what_is_shown_past_its_bound_stays_and_may_be_corrected(bureau: Bureau) -> None:
    record_id = bureau.shown(decision_date="2021-11-20")
    bureau.pass_days(2)
    assert PAST_BOUND in bureau.line(record_id).warnings
    assert past_bound(bureau) == 1
    bureau.take_in("penalty", record_id, decision_date="2021-11-20", content="罚款1000元")
    bureau.send()
    assert bureau.held(SITE, record_id) == 2
    with bureau.database.writing() as connection:
        bureau.desk(connection, "行为终止于2022年").look(record_id)
    assert (past_bound(bureau), bureau.line(record_id).warnings) == (0, (NO_PERIOD,))


def test_a_database_that_cannot_be_written_ends_nothing_and_the_next_run_does(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = bureau.shown(publicity_until="2026-11-21")
    bureau.pass_days(3)

    def full(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr("xinqiao.queue.ending.replan", full)
    with pytest.raises(sa.exc.OperationalError, match="disk I/O error"):
        bureau.end_of_day()
    monkeypatch.undo()
    assert (bureau.rows(take_down), bureau.rows(job_run)) == ([], [])
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) is None


def test_a_line_tells_what_waits_what_is_shown_and_what_is_gone(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    assert bureau.line(record_id).showing is Showing.TO_BE_SHOWN
    bureau.send()
    assert bureau.line(record_id).showing is Showing.SHOWN
    bureau.withdraw(record_id)
    assert bureau.lines() == []
