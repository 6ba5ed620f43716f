"""A claim: nobody else's meanwhile, counted until its worker comes back, and cheap to make."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.submission_queue.plans import (
    listening,
    plans,
    report_long_ago,
    take_stock,
    whole_readings,
)
from tests.submission_queue.world import (
    PLATFORM,
    Crash,
    World,
    accepted,
    together,
    with_capabilities,
)
from xinqiao.adapters.base import Reply, SealedBatch
from xinqiao.queue import board, claims, delivery, rows
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket
from xinqiao.routing.thresholds import Thresholds

LEASE_IS_OVER = 61
POISON = 4


def claim(world: World, name: str = "one") -> list[Ticket]:
    worker = world.another_worker(name)
    with world.database.writing() as connection:
        return claims.claim(connection, world.platform, worker.lease, worker.cause(connection))


def recover(world: World, name: str = "two") -> int:
    worker = world.another_worker(name)
    with world.database.writing() as connection:
        cause = worker.cause(connection)
        return claims.recover_expired(connection, world.platform, worker.lease, cause)


def work_until_settled(world: World) -> None:
    """Let one worker after the other come, die of the poison, and be followed by the next."""
    for number in range(12):
        with suppress(Crash):
            deliver(world.another_worker(f"w{number}"), world.platform)
        world.clock.advance(LEASE_IS_OVER)
        resolve_doubts(world.another_worker(f"r{number}"), world.platform)
        world.clock.advance(LEASE_IS_OVER)


@pytest.mark.parametrize("deaths", [2, 3])
@pytest.mark.parametrize("where", ["while it is rendered", "while it is sent"])
def test_what_kills_its_workers_is_held_after_so_many_deaths_and_its_mates_are_accepted(
    world: World, where: str, deaths: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deaths_before_hold = deaths
    with_capabilities(world, poll=False)
    world.add(*range(1, 9))
    died: list[str] = []

    def kill(key: str, keys: Sequence[str]) -> None:
        if key in keys:
            died.append(where)
            raise Crash

    def render(*arguments: Any) -> rows.Rows:
        kill(str(POISON), [str(ticket.id) for ticket in arguments[2]])
        return rows.render(*arguments)

    def submit(sent: SealedBatch) -> Reply:
        kill(f"云交许〔2026〕{POISON:04}号", [row.key for row in sent.rows])
        return accepted(sent)

    if where == "while it is rendered":
        monkeypatch.setattr(delivery, "render", render)
        world.connector.answers = [accepted] * 100
    else:
        world.connector.answers = [submit] * 100
    work_until_settled(world)
    states = world.states()
    assert states.pop(POISON - 1) == "held"
    assert states == ["accepted"] * 7
    held = world.submissions()[POISON - 1]
    assert (len(died), held.deaths, held.code) == (deaths, deaths, "deadly")
    assert "须人工" in held.message
    assert {row.deaths for row in world.submissions() if row.state == "accepted"} == {0}


def test_a_death_is_counted_from_the_claim_on_before_anything_is_rendered_or_sent(
    world: World,
) -> None:
    world.add(1)
    (ticket,) = claim(world)
    (row,) = world.submissions()
    assert (ticket.deaths, row.deaths, row.attempts) == (1, 1, 0)
    assert (row.lease_owner, row.state) == ("one", "sending")
    assert row.lease_until == world.clock.now() + timedelta(seconds=60)


def test_giving_back_counts_neither_as_attempt_nor_as_death(world: World) -> None:
    world.add(1)
    world.force(State.READY, deaths=1)
    (ticket,) = claim(world)
    with world.database.writing() as connection:
        claims.give_back(connection, [ticket], world.cause())
    (row,) = world.submissions()
    assert (row.state, row.attempts, row.deaths) == ("ready", 0, 1)
    assert (row.lease_owner, row.lease_until) == (None, None)
    assert [one.id for one in claim(world, "two")] == [ticket.id], "it is due at once"


def test_giving_back_what_somebody_else_has_claimed_since_changes_nothing(world: World) -> None:
    world.add(1)
    tickets = claim(world)
    world.clock.advance(LEASE_IS_OVER)
    recover(world)
    claim(world, "two")
    before = world.submissions()
    with world.database.writing() as connection:
        claims.give_back(connection, tickets, world.cause())
    assert world.submissions() == before


def test_a_lease_is_renewed_only_by_the_worker_whose_claim_it_is(world: World) -> None:
    world.add(1, 2)
    worker = world.worker
    tickets = claim(world)
    world.clock.advance(30)
    with world.database.writing() as connection:
        assert claims.renew(connection, tickets, worker.lease, world.clock.now())
    assert world.submissions()[0].lease_until == world.clock.now() + timedelta(seconds=60)
    world.clock.advance(LEASE_IS_OVER)
    recover(world)
    with world.database.writing() as connection:
        assert not claims.renew(connection, tickets, worker.lease, world.clock.now())
    claim(world, "two")
    before = world.submissions()
    with world.database.writing() as connection:
        assert not claims.renew(connection, tickets, worker.lease, world.clock.now())
    assert world.submissions() == before


def test_workers_that_claim_at_the_same_time_never_claim_the_same_row(world: World) -> None:
    world.rows_per_batch = 3
    world.add(*range(1, 31))
    claimed: list[int] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        with world.reopened() as own:
            worker = replace(world.another_worker(name), database=own)
            more = True
            while more:
                with own.writing() as connection:
                    cause = worker.cause(connection)
                    tickets = claims.claim(connection, world.platform, worker.lease, cause)
                more = bool(tickets)
                with lock:
                    claimed.extend(one.id for one in tickets)

    together(work, "a", "b", "c", "d")
    assert sorted(claimed) == list(range(1, 31))
    assert {row.fence for row in world.submissions()} == {1}


def test_claiming_reads_no_finished_rows_however_many_there_are(world: World) -> None:
    report_long_ago(world)
    world.add(1, 2, 3)
    take_stock(world)
    with listening(world.database) as heard:
        assert len(claim(world)) == 3
        world.clock.advance(LEASE_IS_OVER)
        assert recover(world) == 3
        worker = world.worker
        with world.database.writing() as connection:
            claims.claim_in_doubt(
                connection, PLATFORM, worker.lease, world.clock.now(), world.clock.now()
            )
    found = plans(world.database, heard)
    assert not [
        (text, lines)
        for text, lines in found.items()
        if whole_readings(lines, "submission", "holding", "record")
    ]
    about_state = [lines for text, lines in found.items() if "state IN ('ready'" in text]
    assert len(about_state) >= 4
    # the two indexes that finished rows are not in
    partial = ("ix_submission_work", "ix_submission_one_open")
    if world.database.dialect == "sqlite":
        # its planner has no choice: all but the one by holding go by urgency
        by_urgency = sum("ix_submission_work" in " ".join(lines) for lines in about_state)
        assert by_urgency >= len(about_state) - 1
    for lines in about_state:
        assert any(name in " ".join(lines) for name in partial), lines


def test_the_board_reads_no_finished_rows_however_many_there_are(world: World) -> None:
    report_long_ago(world)
    world.add(1, 2, 3)
    take_stock(world)
    claim(world)
    now = world.clock.now()
    with listening(world.database) as heard, world.database.reading() as connection:
        shown = board.platform_board(connection, PLATFORM, Thresholds(now, now, now))
    assert shown["states"]["sending"] == 3
    found = plans(world.database, heard)
    assert len(found) >= 8
    assert not [
        (text, lines)
        for text, lines in found.items()
        if whole_readings(lines, "submission", "holding", "record", "duty")
    ]
