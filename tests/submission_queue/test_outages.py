"""A proven outage moves limits, open and fulfilled; revoking it gives the dates back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.submission_queue.world import PLATFORM, World, accepted
from xinqiao.clock import SHANGHAI, end_of
from xinqiao.database.tables import audit, incident, outage
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.calendars import import_notice
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence
from xinqiao.queue.outages import (
    OutageDesk,
    OutageDone,
    noticed,
    outages,
    record_outage,
    revoke_outage,
)
from xinqiao.routing.calendar import Notice, NoticeDay
from xinqiao.routing.outages import Span

EVIDENCE = Evidence("停机公告.pdf", "b" * 64)
DUE = date(2026, 11, 26)
"""Last day of what was decided on 2026-11-17."""

MOVED = date(2026, 11, 27)


def at(day: int, hour: int = 0) -> datetime:
    """A time in November 2026; the 23rd is a Monday."""
    return datetime(2026, 11, 1, hour, tzinfo=SHANGHAI) + timedelta(days=day - 1)


MONDAY = Span(at(23, 8), at(23, 16))


def go_to(world: World, when: datetime) -> None:
    world.clock.advance((when - world.clock.now()).total_seconds())


def record(world: World, span: Span = MONDAY, platform: str = PLATFORM) -> OutageDone:
    with world.database.writing() as connection:
        return record_outage(connection, platform, span, EVIDENCE, world.cause("公告〔2026〕3号"))


def revoke(world: World, number: int) -> OutageDone:
    with world.database.writing() as connection:
        return revoke_outage(connection, number, world.cause("登记错了"))


def test_a_lost_day_within_the_period_does_not_count(world: World) -> None:
    world.add(1)
    go_to(world, at(24, 9))
    done = record(world)
    (duty,) = world.duties()
    assert (duty.due_on, duty.due_at, duty.counted_on) == (MOVED, end_of(MOVED), DUE)
    assert world.submissions()[0].due_at == end_of(MOVED)
    (moved,) = done.moved
    assert (moved.before, moved.after, moved.overdue, moved.relieved) == (DUE, MOVED, False, False)


def test_every_move_is_in_the_log_with_the_outage(world: World) -> None:
    world.add(1)
    go_to(world, at(24, 9))
    done = record(world)
    moved, recorded = world.rows(audit)[-2:]
    assert (moved.action, recorded.action) == ("duty.moved", "outage.recorded")
    assert '"why":"outage"' in moved.body
    assert f'"outage":{done.outage.id}' in moved.body
    assert EVIDENCE.sha256 in recorded.body
    assert EVIDENCE.file_name in recorded.body


def test_revoking_gives_the_date_back(world: World) -> None:
    world.add(1)
    before = world.duties()
    sent = world.submissions()[0].due_at
    go_to(world, at(24, 9))
    revoke(world, record(world).outage.id)
    assert world.duties() == before
    assert world.submissions()[0].due_at == sent
    assert world.audited()[-2:] == ["duty.moved", "outage.revoked"]


def test_another_platforms_outage_moves_nothing(world: World) -> None:
    world.add(1)
    go_to(world, at(24, 9))
    assert record(world, platform="county_site").moved == []
    assert world.duties()[0].due_on == DUE


def test_what_was_overdue_before_it_began_stays_overdue(world: World) -> None:
    world.add(1)
    go_to(world, at(30, 18))
    assert record(world, Span(at(27, 0), at(28, 0))).moved == []
    assert world.duties()[0].due_on == DUE


def test_what_is_opened_later_is_counted_without_the_lost_days(world: World) -> None:
    go_to(world, at(24, 9))
    record(world)
    world.add(1)
    (duty,) = world.duties()
    assert (duty.due_on, duty.counted_on) == (MOVED, DUE)


def test_what_was_late_only_because_of_it_came_in_time(world: World) -> None:
    world.add(1)
    go_to(world, at(27, 9))
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    (late,) = world.duties()
    assert late.reported_at >= late.due_at
    (moved,) = record(world).moved
    (duty,) = world.duties()
    assert duty.reported_at < duty.due_at
    assert duty.reported_at >= end_of(duty.counted_on)
    assert moved.relieved


def test_what_becomes_overdue_again_by_revoking_is_told(world: World) -> None:
    world.add(1)
    go_to(world, at(27, 9))
    number = record(world).outage.id
    (moved,) = revoke(world, number).moved
    assert moved.overdue


def test_one_span_is_recorded_once_unless_it_was_revoked(world: World) -> None:
    go_to(world, at(24, 9))
    number = record(world).outage.id
    with pytest.raises(RefusedError, match=f"编号 {number}"):
        record(world)
    revoke(world, number)
    with pytest.raises(RefusedError, match="已经撤销"):
        revoke(world, number)
    assert record(world).outage.id > number


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (Span(at(23, 16), at(23, 8)), "不在开始"),
        (Span(at(23, 8), at(23, 8)), "不在开始"),
        (Span(at(23, 8), at(25, 8)), "还没有到"),
        (Span(at(23, 8) - timedelta(days=365), at(23, 9)), "核对年份"),
    ],
)
def test_a_span_that_cannot_be_is_refused_and_the_attempt_is_logged(
    world: World, span: Span, told: str
) -> None:
    go_to(world, at(24, 9))
    desk = OutageDesk(lambda _reason: world.acting())
    with pytest.raises(InputError, match=told):
        desk.record(PLATFORM, span, EVIDENCE, "公告")
    assert world.rows(outage) == []
    assert world.audited()[-1] == "outage.record_refused"


def test_an_identity_number_in_a_reason_is_kept_and_shown_nowhere(world: World) -> None:
    number = "370323190711118764"
    go_to(world, at(24, 9))
    with world.database.writing() as connection:
        cause = world.cause(f"公告（{number}）")
        done = record_outage(
            connection, PLATFORM, MONDAY, Evidence(f"{number}.pdf", "0" * 64), cause
        )
        revoke_outage(connection, done.outage.id, cause)
    assert number not in str(world.rows(outage))


def test_a_dry_run_keeps_nothing(world: World) -> None:
    world.add(1)
    go_to(world, at(24, 9))
    log = world.audited()
    desk = OutageDesk(lambda _reason: world.acting())
    assert len(desk.record(PLATFORM, MONDAY, EVIDENCE, "公告", dry_run=True).moved) == 1
    assert (world.rows(outage), world.audited()) == ([], log)
    assert world.duties()[0].due_on == DUE


def test_what_the_hub_noticed_is_a_hint_until_an_outage_is_recorded(world: World) -> None:
    world.add(1)
    go_to(world, at(24, 9))

    def notice(begins: datetime, ends: datetime | None) -> None:
        with world.database.writing() as connection:
            connection.execute(
                sa.insert(incident).values(
                    kind="platform_unusable",
                    platform=PLATFORM,
                    message="",
                    opened_at=begins,
                    last_at=begins,
                    times=3,
                    closed_at=ends,
                )
            )

    notice(at(23, 9), at(23, 17))
    notice(at(19, 9), at(19, 10))  # too short to take a day
    with world.database.reading() as connection:
        (hint,) = noticed(connection, world.clock.now())
    assert (hint.platform, hint.lost) == (PLATFORM, (date(2026, 11, 23),))
    assert world.duties()[0].due_on == DUE
    record(world)
    with world.database.reading() as connection:
        assert noticed(connection, world.clock.now()) == []


def facts(world: World) -> list[tuple[Any, ...]]:
    return [
        (row.due_on, row.due_at, row.counted_on, row.provisional, row.calendar)
        for row in world.duties()
    ]


spans = st.builds(
    lambda begins, hours: Span(
        at(1, 0) + timedelta(hours=begins), at(1) + timedelta(hours=begins + hours)
    ),
    st.integers(0, 24 * 30),
    st.integers(3, 24 * 3),
)

ON_ONE_WORLD = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def empty(world: World, decided: Sequence[int]) -> None:
    """Leave only limits that begin on these days of November, some of them fulfilled."""
    with world.database.writing() as connection:
        connection.execute(sa.delete(outage))
    for one in decided:
        world.add(one, decision_date=date(2026, 11, one).isoformat())
    world.connector.answers = [accepted]
    if decided and decided[0] % 2:
        deliver(world.worker, world.platform)


@ON_ONE_WORLD
@given(st.lists(spans, min_size=1, max_size=3, unique=True), st.data())
def test_the_order_of_recording_does_not_matter_and_revoking_restores(
    world: World, found: list[Span], data: st.DataObject
) -> None:
    # everything is drawn first: an example that ends at a draw must leave no limit moved behind
    decided = data.draw(st.lists(st.integers(1, 28), max_size=3))
    revoking, order = (data.draw(st.permutations(range(len(found)))) for _ in range(2))
    if world.clock.now() < at(61):
        go_to(world, at(61))
    empty(world, decided)
    before = facts(world)
    first = [record(world, one).outage.id for one in found]
    moved = facts(world)
    assert all(now[0] >= then[0] for now, then in zip(moved, before, strict=True))
    for place in revoking:
        revoke(world, first[place])
    assert facts(world) == before
    again = [record(world, found[place]).outage.id for place in order]
    assert facts(world) == moved
    for number in again:
        revoke(world, number)
    assert facts(world) == before


@ON_ONE_WORLD
@given(
    st.lists(spans, min_size=1, max_size=2, unique=True), st.sets(st.integers(1, 28), max_size=6)
)
def test_a_notice_after_an_outage_is_the_same_as_an_outage_after_the_notice(
    world: World, found: list[Span], off: set[int]
) -> None:
    if world.clock.now() < at(61):
        go_to(world, at(61))
    with world.database.writing() as connection:
        connection.execute(sa.delete(outage))
    (record_id,) = world.add(1, decision_date="2026-11-05")
    notice = Notice(
        f"示例{sorted(off)}{found[0].begins}",
        {date(2026, 11, day): NoticeDay(working=False, reason="示例") for day in off},
    )

    def mine() -> Any:
        (row,) = [one for one in world.duties() if one.record_id == record_id]
        return row.due_on, row.counted_on, row.provisional

    numbers = [record(world, one).outage.id for one in found]
    with world.database.writing() as connection:
        import_notice(
            connection, notice, "通知.toml", f"{hash(notice.number):064x}"[:64], world.cause("公布")
        )
    notice_last = mine()
    for number in numbers:
        revoke(world, number)
    for one in found:
        record(world, one)
    assert mine() == notice_last


def test_the_list_tells_what_each_outage_takes_by_itself(world: World) -> None:
    go_to(world, at(24, 9))
    record(world)
    record(world, Span(at(23, 17), at(23, 18)))
    with world.database.reading() as connection:
        assert [one.lost for one in outages(connection)] == [(date(2026, 11, 23),), ()]
