"""Importing a notice moves what is open, nothing else, and says and logs what moved."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.submission_queue.world import World, accepted
from xinqiao.clock import end_of
from xinqiao.queue.calendars import CalendarImport, import_notice, recount
from xinqiao.queue.delivery import deliver
from xinqiao.queue.notices import notices_in_force, stored_notices
from xinqiao.routing.calendar import Notice, NoticeDay, WorkingCalendar
from xinqiao.routing.deadlines import Counting, due

NEW_YEAR = Notice(
    "示例〔2026〕1号",
    {date(2027, 1, day): NoticeDay(working=False, reason="元旦") for day in (1, 2, 3)},
    2027,
)


def bring(world: World, notice: Notice, sha256: str = "a" * 64) -> CalendarImport:
    with world.database.writing() as connection:
        return import_notice(connection, notice, "通知.toml", sha256, world.cause("通知公布"))


def december(world: World, day: int = 23) -> str:
    """Import a permit decided so late in December that its due date needs the next year."""
    world.clock.advance(35 * 86400)
    (record_id,) = world.add(1, decision_date=f"2026-12-{day}", valid_from="2026-12-23")
    return record_id


def test_a_provisional_due_date_moves_and_becomes_final(world: World) -> None:
    december(world)
    (before,) = world.duties()
    assert (before.due_on, before.provisional) == (date(2027, 1, 1), True)
    done = bring(world, NEW_YEAR)
    (after,) = world.duties()
    assert (after.due_on, after.provisional) == (date(2027, 1, 4), False)
    assert after.due_at == end_of(date(2027, 1, 4))
    assert after.calendar.endswith("示例〔2026〕1号")
    (moved,) = done.moved
    assert (moved.before, moved.after, moved.document_number) == (
        date(2027, 1, 1),
        date(2027, 1, 4),
        "云交许〔2026〕0001号",
    )


def test_a_waiting_submission_takes_the_new_due_time(world: World) -> None:
    december(world)
    bring(world, NEW_YEAR)
    (waiting,) = world.submissions()
    assert waiting.due_at == end_of(date(2027, 1, 4))


def test_what_moved_is_in_the_log_with_the_notice(world: World) -> None:
    december(world)
    bring(world, NEW_YEAR)
    assert world.audited()[-2:] == ["duty.moved", "calendar.imported"]


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    december(world)
    bring(world, NEW_YEAR)
    log = world.audited()
    again = bring(world, NEW_YEAR)
    assert (again.new, again.moved) == (False, [])
    assert world.audited() == log


def test_a_corrected_file_of_the_same_number_takes_the_place_of_the_first(world: World) -> None:
    december(world)
    bring(world, NEW_YEAR)
    corrected = Notice(
        NEW_YEAR.number,
        {**NEW_YEAR.days, date(2027, 1, 4): NoticeDay(working=False, reason="元旦")},
        2027,
    )
    done = bring(world, corrected, "b" * 64)
    assert done.replaces
    (after,) = world.duties()
    assert after.due_on == date(2027, 1, 5)
    with world.database.reading() as connection:
        assert [one.replaced for one in stored_notices(connection)] == [True, False]
    # and back again: the first file is imported once more
    bring(world, NEW_YEAR, "a" * 64)
    assert world.duties()[0].due_on == date(2027, 1, 4)


def test_what_is_fulfilled_stays_as_it_was(world: World) -> None:
    december(world)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert bring(world, NEW_YEAR).moved == []
    assert world.duties()[0].due_on == date(2027, 1, 1)


def test_a_duty_that_becomes_overdue_by_the_new_date_is_marked(world: World) -> None:
    (_,) = world.add(1, decision_date="2026-11-11", valid_from="2026-11-11")
    assert world.duties()[0].due_on == date(2026, 11, 20)
    world.clock.advance(3600)
    # a Saturday turned into a working day long after: the last day was yesterday
    make_up = NoticeDay(working=True, reason="调休上班")
    amendment = Notice("示例〔2026〕2号", {date(2026, 11, 14): make_up})
    (moved,) = bring(world, amendment).moved
    assert (moved.after, moved.overdue) == (date(2026, 11, 19), True)


def test_an_import_that_fails_keeps_neither_notice_nor_move(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    december(world)

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("xinqiao.queue.calendars.append", crash)
        with pytest.raises(RuntimeError):
            bring(world, NEW_YEAR)
    with world.database.reading() as connection:
        assert stored_notices(connection) == []
    assert world.duties()[0].due_on == date(2027, 1, 1)


def test_recounting_by_the_calendar_in_force_moves_nothing(world: World) -> None:
    december(world)
    bring(world, NEW_YEAR)
    with world.database.writing() as connection:
        assert recount(connection, world.cause("程序已升级")) == []


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    off=st.sets(st.integers(0, 40), max_size=15),
    started=st.lists(st.integers(0, 20), max_size=4),
)
def test_recounting_gives_what_counting_from_scratch_gives(
    world: World, off: set[int], started: list[int]
) -> None:
    first = date(2026, 11, 1)
    notice = Notice(
        f"示例{sorted(off)}",
        {first + timedelta(day): NoticeDay(working=False, reason="示例") for day in off},
    )
    for day in started:
        world.add(day, decision_date=(first + timedelta(day)).isoformat())
    bring(world, notice, str(sorted(off)).ljust(64)[:64])
    with world.database.writing() as connection:
        # the world plans by the bare calendar, also after earlier notices
        recount(connection, world.cause())
        calendar = WorkingCalendar(notices_in_force(connection))
    for row in world.duties():
        scratch = due(row.rule, row.starts_on, Counting.EXCLUSIVE, calendar)
        assert (row.due_on, row.provisional) == (scratch.due_on, scratch.provisional)
