"""What a platform answers when it is asked for receipts is kept when it says something new."""

from typing import Any

import sqlalchemy as sa

from tests.reconcile.receiving import again, sent
from tests.submission_queue.world import World
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult
from xinqiao.database.tables import attempt
from xinqiao.queue.batches import open_evidence
from xinqiao.queue.story import story
from xinqiao.reconcile.receipts import collect

ACCEPTED = RowResult(1, Outcome.ACCEPTED, "0000", "", "SD1")
PENDING = b'{"state": "checking"}'


def answer(
    world: World,
    raw: bytes,
    *rows: RowResult,
    progress: BatchProgress = BatchProgress.PENDING,
    code: str = "",
    outcome: Outcome = Outcome.RECEIVED,
) -> None:
    """Let one poll be answered with ``raw``."""
    again(world)
    world.connector.reports = [BatchReport(progress, Reply(outcome, code, raw=raw), rows)]
    collect(world.worker, world.platform)
    world.clock.advance(10)


def kept(world: World) -> list[sa.Row[Any]]:
    return world.rows(attempt, attempt.c.purpose == "poll")


def bytes_kept(world: World) -> list[bytes]:
    return [open_evidence(one, world.keys) for one in kept(world)]


def test_the_answer_that_decides_is_kept_encrypted_as_it_came(world: World) -> None:
    sent(world, 1)
    asked_at = world.clock.now()
    answer(world, b'{"state": "stored"}', ACCEPTED, progress=BatchProgress.COMPLETE)
    (one,) = kept(world)
    assert b"stored" not in one.evidence
    assert bytes_kept(world) == [b'{"state": "stored"}']
    assert (one.outcome, one.worker, one.request_started_at) == ("received", "one", asked_at)
    assert one.finished_at is not None


def test_a_hundred_answers_that_nothing_is_decided_are_kept_once(world: World) -> None:
    sent(world, 1)
    for _ in range(100):
        answer(world, PENDING)
    assert bytes_kept(world) == [PENDING]


def test_each_answer_that_differs_from_the_one_before_it_is_kept(world: World) -> None:
    sent(world, 1)
    answer(world, PENDING)
    answer(world, b"other bytes")
    answer(world, PENDING)
    answer(world, PENDING, code="another code")
    answer(world, PENDING, code="another code", outcome=Outcome.IN_DOUBT)
    assert bytes_kept(world) == [PENDING, b"other bytes", PENDING, PENDING, PENDING]


def test_an_answer_that_decides_is_kept_even_if_it_repeats_the_last_one(world: World) -> None:
    """A duplicate may be compared only later: the same words then decide."""
    sent(world, 1)
    answer(world, PENDING)
    answer(world, PENDING, ACCEPTED)
    answer(world, PENDING, ACCEPTED)
    assert bytes_kept(world) == [PENDING, PENDING]


def test_batches_are_told_apart(world: World) -> None:
    world.rows_per_batch = 1
    sent(world, 1, 2)
    world.connector.reports = [
        BatchReport(BatchProgress.PENDING, Reply(Outcome.RECEIVED, raw=PENDING)) for _ in range(2)
    ]
    collect(world.worker, world.platform)
    assert [one.batch_id for one in kept(world)] == [1, 2]


def test_where_nobody_answered_nothing_is_kept(world: World) -> None:
    sent(world, 1)
    unreachable = Reply(Outcome.RETRYABLE, "connect_refused")
    world.connector.reports = [BatchReport(BatchProgress.NO_ANSWER, unreachable)]
    collect(world.worker, world.platform)
    assert kept(world) == []


def test_a_refusal_to_answer_is_kept_as_it_came(world: World) -> None:
    sent(world, 1)
    answer(
        world,
        b"<html>busy</html>",
        progress=BatchProgress.NO_ANSWER,
        code="503",
        outcome=Outcome.RETRYABLE,
    )
    assert bytes_kept(world) == [b"<html>busy</html>"]


def test_beside_a_kept_answer_that_cannot_be_read_any_more_the_present_one_is_kept(
    world: World,
) -> None:
    sent(world, 1)
    answer(world, PENDING)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(attempt).where(attempt.c.purpose == "poll").values(evidence=b"damaged")
        )
    answer(world, PENDING)
    answer(world, PENDING)
    assert len(kept(world)) == 2


def test_it_is_told_in_the_story_with_the_state_that_it_brought_about(world: World) -> None:
    sent(world, 1)
    answer(world, b"stored", ACCEPTED, progress=BatchProgress.COMPLETE)
    with world.database.reading() as connection:
        events = story(connection, 1, world.clock.now())["events"]
    told = [one for one in events if one.get("purpose") == "poll"]
    assert [(one["outcome"], one["state"]) for one in told] == [("received", "accepted")]
    assert [one["state"] for one in events if one["event"] == "receipt"] == [None]
