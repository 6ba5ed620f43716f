"""Receipts: late, repeated and contradictory ones are kept, and each has its meaning."""

import pytest
import sqlalchemy as sa

from tests.reconcile.receiving import again, receive, sent
from tests.submission_queue.world import World, decided, reply
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult, SentBatch
from xinqiao.database.tables import batch, submission
from xinqiao.queue import operations
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.states import State
from xinqiao.reconcile.receipts import collect

ACCEPTED = RowResult(1, Outcome.ACCEPTED, "0000", "", "SD1")
REJECTED = RowResult(1, Outcome.REJECTED, "1001", "主体不存在")


def test_receipts_are_not_asked_for_before_their_time(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    collect(world.worker, world.platform)
    assert world.connector.polled == []


def test_rows_are_settled_as_they_are_decided_and_the_rest_is_asked_for_again(
    world: World,
) -> None:
    sent(world, 1, 2)
    receive(world, BatchProgress.PENDING, ACCEPTED)
    assert world.states() == ["accepted", "awaiting_receipt"]
    receive(
        world,
        BatchProgress.COMPLETE,
        ACCEPTED,
        RowResult(2, Outcome.REJECTED, "1001", "主体不存在"),
    )
    assert world.states() == ["accepted", "rejected"]
    assert world.rows(batch)[0].next_poll_at is None
    assert [row.verdict for row in world.receipts()] == ["accepted", "rejected"]


def test_a_late_positive_receipt_overrides_a_refusal(world: World) -> None:
    sent(world, 1)
    receive(world, BatchProgress.PENDING, REJECTED)
    again(world)
    receive(world, BatchProgress.COMPLETE, ACCEPTED)
    assert world.states() == ["accepted"]
    assert world.holdings()[0].held_version == 1
    assert [row.verdict for row in world.receipts()] == ["rejected", "accepted"]


def test_a_refusal_after_an_acceptance_is_a_conflict(world: World) -> None:
    sent(world, 1)
    receive(world, BatchProgress.PENDING, ACCEPTED)
    again(world)
    receive(world, BatchProgress.COMPLETE, REJECTED)
    assert world.states() == ["conflict"]


def test_a_refusal_that_is_repeated_does_not_decide_a_conflict(world: World) -> None:
    sent(world, 1)
    for row in (ACCEPTED, REJECTED, REJECTED, RowResult(1, Outcome.REJECTED, "1002", "别的话")):
        again(world)
        receive(world, BatchProgress.PENDING, row)
    assert world.states() == ["conflict"]
    assert [one.verdict for one in world.receipts()] == ["accepted", "rejected", "rejected"]


def test_the_same_receipt_twice_is_kept_once_and_changes_nothing(world: World) -> None:
    sent(world, 1)
    receive(world, BatchProgress.PENDING, ACCEPTED)
    before = world.audited()
    again(world)
    receive(world, BatchProgress.COMPLETE, ACCEPTED)
    assert len(world.receipts()) == 1
    assert world.audited() == before


def test_a_receipt_frees_what_a_person_had_been_asked_about(world: World) -> None:
    sent(world, 1)
    world.force(State.HELD)
    receive(world, BatchProgress.COMPLETE, ACCEPTED)
    assert world.states() == ["accepted"]


@pytest.mark.parametrize("progress", [BatchProgress.PENDING, BatchProgress.UNKNOWN_BATCH])
def test_a_receipt_that_does_not_come_in_time_is_a_persons_matter(
    world: World, progress: BatchProgress
) -> None:
    sent(world, 1)
    world.clock.advance(3600)
    receive(world, progress)
    assert world.states() == ["held"]
    assert "回执" in world.submissions()[0].message


@pytest.mark.parametrize("outcome", [Outcome.IN_DOUBT, Outcome.RECEIVED])
def test_a_receipt_that_nobody_understands_is_a_persons_matter_once_its_time_is_over(
    world: World, outcome: Outcome
) -> None:
    sent(world, 1)
    reply = Reply(outcome, "receipt_unreadable", "回执文件没有“批次号”一列", raw=b"a;b\n1;2")
    unreadable = BatchReport(BatchProgress.NO_ANSWER, reply)
    world.connector.reports = [unreadable]
    collect(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]
    world.clock.advance(3600)
    world.connector.reports = [unreadable]
    collect(world.worker, world.platform)
    (row,) = world.submissions()
    assert (row.state, row.code, row.message) == ("held", reply.code, reply.message)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(Outcome.RATE_LIMITED, "429", raw=b"slow down"),
        Reply(Outcome.AUTH, "401", raw=b"who are you"),
        Reply(Outcome.RETRYABLE, "503", raw=b"later"),
        Reply(Outcome.IN_DOUBT, "read_timeout"),
    ],
)
def test_what_was_never_reached_has_kept_nobody_waiting(world: World, reply: Reply) -> None:
    sent(world, 1)
    world.clock.advance(3600)
    world.connector.reports = [BatchReport(BatchProgress.NO_ANSWER, reply)]
    collect(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]


def test_a_receipt_that_nobody_understands_keeps_no_other_from_being_read(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, 2)
    world.connector.answers = [reply(Outcome.RECEIVED), reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(10)
    unreadable = Reply(Outcome.IN_DOUBT, "receipt_unreadable", raw=b"?")
    world.connector.reports = [
        BatchReport(BatchProgress.NO_ANSWER, unreadable),
        decided(BatchProgress.COMPLETE, [ACCEPTED]),
    ]
    collect(world.worker, world.platform)
    assert sorted(world.states()) == ["accepted", "awaiting_receipt"]


def test_a_platform_that_was_away_has_kept_nobody_waiting(world: World) -> None:
    sent(world, 1)
    world.clock.advance(3600)
    receive(world, BatchProgress.NO_ANSWER)
    assert world.states() == ["awaiting_receipt"]


def test_a_row_that_comes_to_wait_while_its_batch_is_asked_about_is_not_forgotten(
    world: World,
) -> None:
    """Its receipts are asked for again, although the batch was complete when it was asked."""
    sent(world, 1, 2)
    with world.database.writing() as connection:
        second = sa.update(submission).where(submission.c.id == 2)
        connection.execute(second.values(state="in_doubt"))

    def found_meanwhile(sent: SentBatch) -> BatchReport:
        with world.database.writing() as connection:
            connection.execute(second.values(state="awaiting_receipt"))
        del sent
        return decided(BatchProgress.COMPLETE, [ACCEPTED])

    world.connector.poll = found_meanwhile  # type: ignore[method-assign] # it acts while it answers
    world.clock.advance(10)
    collect(world.worker, world.platform)
    (asked,) = world.rows(batch)
    assert world.states() == ["accepted", "awaiting_receipt"]
    assert asked.next_poll_at is not None


def test_a_duplicate_in_a_receipt_is_accepted_when_the_platform_holds_what_we_sent(
    world: World,
) -> None:
    sent(world, 1)
    world.connector.holds(world.connector.sent[0], 1)
    receive(world, BatchProgress.COMPLETE, RowResult(1, Outcome.DUPLICATE, "0040", "已存在"))
    assert world.states() == ["accepted"]


def test_a_duplicate_with_other_content_is_a_conflict(world: World) -> None:
    sent(world, 1)
    world.connector.holds(world.connector.sent[0], 1, XK_NR="别的内容")
    receive(world, BatchProgress.COMPLETE, RowResult(1, Outcome.DUPLICATE, "0040", "已存在"))
    assert world.states() == ["conflict"]


def test_a_duplicate_of_which_the_platform_shows_nothing_is_a_conflict(world: World) -> None:
    sent(world, 1)
    receive(world, BatchProgress.COMPLETE, RowResult(1, Outcome.DUPLICATE, "0040", "已存在"))
    assert world.states() == ["conflict"]


@pytest.mark.parametrize("state", [State.HELD, State.REJECTED])
@pytest.mark.parametrize("content", ["别的内容", None], ids=["other content", "nothing"])
def test_a_late_duplicate_changes_nothing_of_what_a_person_has_before_him_already(
    world: World, state: State, content: str | None
) -> None:
    sent(world, 1, 2)
    world.force(state)
    if content is not None:
        world.connector.holds(world.connector.sent[0], 1, XK_NR=content)
    duplicate = RowResult(1, Outcome.DUPLICATE, "0040", "已存在")
    accepted = RowResult(2, Outcome.ACCEPTED, "0000", "", "SD2")
    receive(world, BatchProgress.COMPLETE, duplicate, accepted)
    assert world.states() == [state.value, "accepted"]


def test_a_duplicate_that_cannot_be_compared_now_is_met_again(world: World) -> None:
    sent(world, 1)
    world.connector.reachable = False
    duplicate = RowResult(1, Outcome.DUPLICATE, "0040", "已存在")
    receive(world, BatchProgress.COMPLETE, duplicate)
    assert world.states() == ["awaiting_receipt"]
    world.connector.reachable = True
    world.connector.holds(world.connector.sent[0], 1)
    world.clock.advance(75)
    receive(world, BatchProgress.COMPLETE, duplicate)
    assert world.states() == ["accepted"]


def test_once_settled_the_newer_version_that_was_waiting_is_planned(world: World) -> None:
    world.add(2)
    (record_id,) = [row.id for row in world.records()]
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, number=2, content="更正后的内容")
    world.clock.advance(10)
    receive(world, BatchProgress.COMPLETE, ACCEPTED)
    assert world.states() == ["accepted", "ready"]
    assert world.submissions()[1].operation == "update"


def test_a_late_receipt_for_an_older_version_does_not_hide_the_newer_one(world: World) -> None:
    sent(world, 1)
    (record_id,) = [row.id for row in world.records()]
    receive(world, BatchProgress.PENDING, REJECTED)
    world.version(record_id, 2, content="更正后的内容")
    world.connector.answers = [reply(Outcome.ACCEPTED)]
    deliver(world.worker, world.platform)
    assert world.states() == ["rejected", "accepted"]
    again(world)
    receive(world, BatchProgress.COMPLETE, ACCEPTED)
    assert world.states() == ["accepted", "accepted"]
    assert world.holdings()[0].held_version == 2


def test_what_was_sent_anew_is_not_overdue_by_the_age_of_its_first_batch(world: World) -> None:
    sent(world, 1, 2)
    world.force(State.HELD)
    with world.database.writing() as connection:
        operations.resolve(
            connection,
            [1],
            world.cause("平台没有"),
            resolution=Resolution.ABSENT,
            evidence=Evidence("截图.png", "0" * 64),
        )
    world.clock.advance(3600)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    receive(world, BatchProgress.PENDING)
    assert world.submissions()[0].state == "awaiting_receipt"


def test_a_refusal_after_an_acceptance_is_kept_while_the_next_version_is_under_way(
    world: World,
) -> None:
    (record_id, _) = world.add(1, 2)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(10)
    receive(world, BatchProgress.PENDING, ACCEPTED)
    world.version(record_id, 2, content="道路旅客运输")
    receive(world, BatchProgress.PENDING, REJECTED)
    assert world.states() == ["accepted", "awaiting_receipt", "ready"]
    assert [row.verdict for row in world.receipts()] == ["accepted", "rejected"]
