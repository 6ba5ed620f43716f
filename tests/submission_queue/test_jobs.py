"""Scheduled work is done once for every time that it was due, with its effect or not at all."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.submission_queue.world import PATIENCE_SECONDS, Crash, World, together
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.tables import audit, duty, job_run
from xinqiao.queue.jobs import Job, Span, run_if_due
from xinqiao.queue.overdue import NOTE_OVERDUE
from xinqiao.queue.transitions import Cause

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EFFECT = "test.effect"


def effect(connection: Connection, span: Span, cause: Cause) -> Mapping[str, Any]:
    """Leave a trace in the log, in the transaction given."""
    del span
    append(connection, [Entry(EFFECT)], actor=cause.actor, at=cause.at)
    return {"traces": 1}


def effects(world: World) -> int:
    return world.audited().count(EFFECT)


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        (HOUR, "2026-11-20T02:00:00", "2026-11-20T02:00:00"),
        (HOUR, "2026-11-20T02:59:59.999999", "2026-11-20T02:00:00"),
        (DAY, "2026-11-20T15:59:59", "2026-11-19T16:00:00"),
        (DAY, "2026-11-20T16:00:00", "2026-11-20T16:00:00"),
        (timedelta(hours=6), "2026-11-20T09:59:00", "2026-11-20T04:00:00"),
    ],
)
def test_due_times_are_counted_from_midnight_in_the_countrys_zone(
    every: timedelta, now: str, due: str
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert Job("x", every, effect).due_at(at) == expected


def test_work_is_done_once_for_one_due_time_and_again_for_the_next(world: World) -> None:
    job = Job("count", HOUR, effect)
    assert run_if_due(world.worker, job)
    world.clock.advance(3599)
    assert not run_if_due(world.worker, job)
    assert not run_if_due(world.another_worker("two"), job)
    world.clock.advance(1)
    assert run_if_due(world.another_worker("two"), job)
    assert effects(world) == 2
    first, second = world.rows(job_run)
    assert (first.worker, second.worker) == ("one", "two")
    assert second.due_at - first.due_at == HOUR
    assert second.result == {"traces": 1}


def test_workers_that_come_at_the_same_moment_do_it_once(world: World) -> None:
    barrier = threading.Barrier(4)
    done: list[bool] = []

    def come(name: str) -> None:
        with world.reopened() as own:
            worker = replace(world.another_worker(name), database=own)
            barrier.wait(PATIENCE_SECONDS)
            done.append(run_if_due(worker, Job("count", HOUR, effect)))

    together(come, "one", "two", "three", "four")
    assert sorted(done) == [False, False, False, True]
    assert (effects(world), len(world.rows(job_run))) == (1, 1)


@pytest.mark.parametrize("error", [Crash, ValueError])
def test_a_crash_in_the_work_leaves_neither_effect_nor_run(
    world: World, error: type[BaseException]
) -> None:
    def dies(connection: Connection, span: Span, cause: Cause) -> Mapping[str, Any]:
        effect(connection, span, cause)
        raise error

    with pytest.raises(error):
        run_if_due(world.worker, Job("count", HOUR, dies))
    assert (effects(world), world.rows(job_run)) == (0, [])
    assert run_if_due(world.another_worker("two"), Job("count", HOUR, effect))
    assert effects(world) == 1


def test_what_was_missed_for_a_week_is_made_up_for_once_over_the_whole_week(
    world: World,
) -> None:
    spans: list[Span] = []

    def note(connection: Connection, span: Span, cause: Cause) -> Mapping[str, Any]:
        spans.append(span)
        return effect(connection, span, cause)

    job = Job("count", HOUR, note)
    start = world.clock.now()
    run_if_due(world.worker, job)
    world.clock.advance(7 * 86_400 + 1800)
    assert run_if_due(world.worker, job)
    assert not run_if_due(world.another_worker("two"), job)
    assert effects(world) == 2
    assert spans == [Span(None, start), Span(start, start + timedelta(days=7))]


def test_jobs_of_different_names_do_not_stand_in_for_each_other(world: World) -> None:
    assert run_if_due(world.worker, Job("one", HOUR, effect))
    assert run_if_due(world.worker, Job("two", HOUR, effect))
    assert effects(world) == 2


def overdue(world: World) -> list[str]:
    """Return the records of which the log says that their duty is overdue."""
    return [row.record_id for row in world.rows(audit, audit.c.action == "duty.overdue")]


def hours_pass(world: World, hours: int) -> None:
    for _ in range(hours):
        run_if_due(world.worker, NOTE_OVERDUE)
        world.clock.advance(3600)
    run_if_due(world.another_worker("two"), NOTE_OVERDUE)


def test_a_duty_that_becomes_overdue_is_noted_when_it_does_and_never_again(world: World) -> None:
    """Decided on Friday the 13th; the seventh working day ends on Tuesday the 24th."""
    (record_id,) = world.add(1, decision_date="2026-11-13")
    (due_at,) = [row.due_at for row in world.duties()]
    hours = int((due_at - world.clock.now()) / HOUR)
    hours_pass(world, hours - 1)
    assert overdue(world) == []
    hours_pass(world, 2)
    assert overdue(world) == [record_id]
    hours_pass(world, 30)
    assert overdue(world) == [record_id]


def test_what_became_overdue_while_nobody_worked_is_noted_once(world: World) -> None:
    ids = world.add(1, 2, decision_date="2026-11-13")
    hours_pass(world, 1)
    world.clock.advance(14 * 86_400)
    hours_pass(world, 3)
    assert sorted(overdue(world)) == sorted(ids)


def test_a_record_that_comes_in_too_late_is_noted_as_overdue_once(world: World) -> None:
    """Its due time had passed before anybody knew of it: that is when it is told."""
    hours_pass(world, 5)
    (record_id,) = world.add(1, decision_date="2026-10-12")
    assert overdue(world) == []
    hours_pass(world, 5)
    assert overdue(world) == [record_id]


def test_a_record_that_comes_in_too_late_between_due_time_and_run_is_noted_once(
    world: World,
) -> None:
    hours_pass(world, 1)
    world.clock.advance(1200)
    (record_id,) = world.add(1, decision_date="2026-10-12")
    world.clock.advance(1200)
    hours_pass(world, 3)
    assert overdue(world) == [record_id]


def test_what_was_reported_in_time_is_never_noted(world: World) -> None:
    world.add(1, decision_date="2026-11-13")
    with world.database.writing() as connection:
        connection.execute(
            sa.update(duty).values(
                closed_at=world.clock.now(), closed_by="accepted", reported_at=world.clock.now()
            )
        )
    world.clock.advance(14 * 86_400)
    hours_pass(world, 3)
    assert overdue(world) == []


def test_an_internal_limit_is_never_noted(world: World) -> None:
    """A permit that was corrected after acceptance is under a rule of the bureau's own."""
    world.add(1, decision_date="2026-11-13")
    with world.database.writing() as connection:
        connection.execute(sa.update(duty).values(legal=False))
    world.clock.advance(30 * 86_400)
    hours_pass(world, 3)
    assert overdue(world) == []
