"""In doubt is resolved by asking; only what is proven absent is sent again as new."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import World, accepted, decided, reply, with_capabilities
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, SealedBatch
from xinqiao.database.tables import batch, submission
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import Withdrawal
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.queue.withdrawal import Revocation, withdraw

IN_DOUBT = reply(Outcome.IN_DOUBT, code="read_timeout")


def doubtful(world: World, *numbers: int) -> SealedBatch:
    """Bring permits in doubt; return the batch that was sent."""
    world.add(*numbers)
    world.connector.answers = [IN_DOUBT]
    deliver(world.worker, world.platform)
    world.clock.advance(120)
    return world.connector.sent[0]


def unknown(world: World) -> None:
    """Let the platform say that it does not know the batch."""
    world.connector.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])] * 20


def test_a_batch_that_the_platform_knows_waits_for_its_receipts(world: World) -> None:
    doubtful(world, 1, 2)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"] * 2
    assert world.connector.asked == []


def test_what_is_found_under_its_key_is_accepted_without_a_second_send(world: World) -> None:
    world.connector.holds(doubtful(world, 1), 1)
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted"]
    assert len(world.connector.sent) == 1


def test_something_else_under_the_key_is_a_conflict_that_names_the_fields(world: World) -> None:
    world.connector.holds(doubtful(world, 1), 1, XK_NR="别的内容")
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["conflict"]
    assert "XK_NR" in world.submissions()[0].message


def test_absent_counts_only_after_the_platform_would_show_it(world: World) -> None:
    with_capabilities(world, visible_after=600)
    doubtful(world, 1)
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["in_doubt"]
    world.clock.advance(600)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["ready"]


@pytest.mark.parametrize("dies", [False, True])
def test_absent_counts_from_the_last_instant_at_which_a_slow_call_may_have_sent_the_rows(
    world: World, *, dies: bool
) -> None:
    with_capabilities(world, visible_after=600)
    world.add(1)

    def slow(_: SealedBatch) -> Reply:
        world.clock.advance(50)
        if dies:
            raise Crash
        return IN_DOUBT

    world.connector.answers = [slow]
    with pytest.raises(Crash) if dies else nullcontext():
        deliver(world.worker, world.platform)
    unknown(world)
    for seconds, state in ((595, "in_doubt"), (60, "ready")):
        world.clock.advance(seconds)
        resolve_doubts(world.another_worker("two"), world.platform)
        assert world.states() == [state]


@pytest.mark.parametrize("dies", [False, True])
def test_a_connector_is_told_between_which_instants_a_slow_call_may_have_sent_the_rows(
    world: World, *, dies: bool
) -> None:
    begun = world.clock.now()
    world.add(1)

    def slow(_: SealedBatch) -> Reply:
        world.clock.advance(50)
        if dies:
            raise Crash
        return IN_DOUBT

    world.connector.answers = [slow]
    with pytest.raises(Crash) if dies else nullcontext():
        deliver(world.worker, world.platform)
    world.clock.advance(600)
    resolve_doubts(world.another_worker("two"), world.platform)
    (told,) = world.connector.told
    ended = begun + timedelta(seconds=world.worker.lease.seconds if dies else 50)
    assert (told.begun_at, told.sent_at) == (begun, ended)


@pytest.mark.parametrize(
    ("ending", "later"),
    [(IN_DOUBT, 20), (None, 60), (reply(Outcome.RETRYABLE, code="connect_refused"), 0)],
)
def test_a_resend_may_have_sent_the_rows_anew_unless_it_certainly_did_not(
    world: World, ending: Reply | None, later: int
) -> None:
    with_capabilities(world, query=False, deduplicates=True)
    begun = world.clock.now()
    doubtful(world, 1)
    unknown(world)
    resent = world.clock.now()

    def slow(_: SealedBatch) -> Reply:
        world.clock.advance(20)
        if ending is None:
            raise Crash
        return ending

    world.connector.answers = [slow]
    with pytest.raises(Crash) if ending is None else nullcontext():
        resolve_doubts(world.worker, world.platform)
    world.clock.advance(3600)
    resolve_doubts(world.another_worker("two"), world.platform)
    told = world.connector.told[-1]
    assert told.begun_at == begun
    assert told.sent_at == (resent + timedelta(seconds=later) if later else begun)


def test_a_resend_by_a_clock_that_ran_far_ahead_does_not_put_off_an_absence_for_years(
    world: World,
) -> None:
    with_capabilities(world, query=False, deduplicates=True)
    doubtful(world, 1)
    unknown(world)
    world.connector.answers = [Crash()]
    world.clock.advance(3 * 366 * 24 * 3600)
    with pytest.raises(Crash):
        resolve_doubts(world.worker, world.platform)
    world.clock.advance(-3 * 366 * 24 * 3600 + 3600)
    resolve_doubts(world.another_worker("two"), world.platform)
    told = world.connector.told[-1].sent_at
    assert told is not None
    assert told <= world.clock.now()


def test_a_resend_begins_the_time_anew_after_which_an_absence_is_believed(world: World) -> None:
    with_capabilities(world, poll=False, query=False, deduplicates=True, visible_after=600)
    doubtful(world, 1)
    world.clock.advance(3600)
    world.connector.answers = [IN_DOUBT]
    resolve_doubts(world.worker, world.platform)
    with_capabilities(world, query=True)
    for seconds, state in ((500, "in_doubt"), (3600, "ready")):
        world.clock.advance(seconds)
        resolve_doubts(world.worker, world.platform)
        assert world.states() == [state]


def test_a_deletion_is_not_taken_for_done_while_the_insert_is_not_visible_yet(
    world: World,
) -> None:
    with_capabilities(world, visible_after=600)
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    (record_id,) = world.add(1)
    world.connector.answers = [accepted, IN_DOUBT]
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        revoked = Revocation(world.clock.today(), "云交撤〔2026〕1号")
        withdraw(connection, world.planner(), record_id, revoked, world.cause("撤销"))
    deliver(world.worker, world.platform)
    world.clock.advance(120)
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted", "in_doubt"]


def test_what_is_proven_absent_goes_into_a_new_batch(world: World) -> None:
    first = doubtful(world, 1, 2)
    world.connector.holds(first, 2)
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["ready", "accepted"]
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    second = world.connector.sent[1]
    assert second.number != first.number
    assert [row.key for row in second.rows] == [first.rows[0].key]


def test_a_platform_that_does_not_answer_is_asked_again_and_then_a_person_decides(
    world: World,
) -> None:
    doubtful(world, 1)
    silence = BatchReport(BatchProgress.NO_ANSWER, Reply(Outcome.IN_DOUBT, "read_timeout"))
    world.connector.reports = [silence] * 20
    states = []
    for _ in range(world.questions_before_hold):
        resolve_doubts(world.worker, world.platform)
        states += world.states()
        world.clock.advance(3600)
    assert states == ["in_doubt", "in_doubt", "held"]
    assert len(world.connector.sent) == 1


def test_a_platform_that_cannot_be_reached_is_not_held_against_what_is_in_doubt(
    world: World,
) -> None:
    doubtful(world, 1)
    away = BatchReport(BatchProgress.NO_ANSWER, Reply(Outcome.RETRYABLE, "connect_refused"))
    world.connector.reports = [away] * 20
    for _ in range(3 * world.questions_before_hold):
        resolve_doubts(world.worker, world.platform)
        world.clock.advance(24 * 3600)
    (row,) = world.submissions()
    assert (row.state, row.questions) == ("in_doubt", 0)


def test_a_batch_that_cannot_be_read_is_held_and_the_next_one_has_its_turn(world: World) -> None:
    world.rows_per_batch = 1
    doubtful(world, 1)
    world.clock.advance(3600)
    doubtful(world, 2)
    with world.database.writing() as connection:
        connection.execute(sa.update(batch).where(batch.c.id == 1).values(sealed=b"damaged"))
    world.clock.advance(3600)
    for sent in world.connector.sent:
        world.connector.holds(sent, 1)
    with_capabilities(world, poll=False)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["held", "accepted"]


def test_a_worker_that_is_to_end_asks_nothing_more(world: World) -> None:
    doubtful(world, 1, 2, 3)
    with_capabilities(world, poll=False)
    worker = world.worker
    world.connector.on_ask = worker.stopping.set
    resolve_doubts(worker, world.platform)
    assert len(world.connector.asked) == 1
    assert [row.questions for row in world.submissions()] == [0, 0, 0]


def test_without_any_question_the_identical_bytes_go_again_where_the_platform_deduplicates(
    world: World,
) -> None:
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    first = doubtful(world, 1, 2)
    world.connector.answers = [accepted]
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted", "accepted"]
    assert world.connector.sent[1].to_bytes() == first.to_bytes()


def test_rows_in_doubt_of_one_batch_are_asked_about_together(world: World) -> None:
    """Each row's wait has a jitter of its own, and part of a batch must never be sent again."""
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    first = doubtful(world, 1, 2)
    with world.database.writing() as connection:
        connection.execute(
            sa.update(submission)
            .where(submission.c.id == 2)
            .values(next_attempt_at=world.clock.now() + timedelta(seconds=5))
        )
    world.connector.answers = [accepted]
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted"] * 2
    assert world.connector.sent[1].to_bytes() == first.to_bytes()


def test_a_resend_that_is_refused_as_a_whole_is_halved(world: World) -> None:
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    doubtful(world, 1, 2)
    world.connector.answers = [reply(Outcome.REJECTED, code="4001")]
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["ready", "ready"]
    assert {row.batch_limit for row in world.submissions()} == {1}


def test_a_resend_that_fails_to_arrive_leaves_the_doubt_as_it_was(world: World) -> None:
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    doubtful(world, 1)
    world.connector.answers = [reply(Outcome.RETRYABLE, code="connect_refused")]
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["in_doubt"]


def test_part_of_a_batch_is_never_resent_identically(world: World) -> None:
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    doubtful(world, 1, 2)
    world.force(State.IN_DOUBT)
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE submission SET state = 'accepted' WHERE id = 1")
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted", "held"]
    assert len(world.connector.sent) == 1


def test_without_question_and_without_deduplication_a_person_decides(world: World) -> None:
    with_capabilities(world, poll=False, query=False)
    doubtful(world, 1)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["held"]
    assert len(world.connector.sent) == 1


def test_an_update_of_which_the_platform_shows_the_old_content_did_not_arrive(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    world.connector.holds(world.connector.sent[0], 1)
    world.version(record_id, 2, content="道路普通货物运输、货物专用运输")
    world.connector.answers = [IN_DOUBT]
    deliver(world.worker, world.platform)
    assert world.connector.sent[1].operation == "update"
    world.clock.advance(120)
    unknown(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["accepted", "ready"]


@pytest.mark.parametrize("who", ["the same worker", "another worker"])
def test_a_doubt_under_a_lease_is_left_to_the_one_who_asks(world: World, who: str) -> None:
    doubtful(world, 1)
    world.force(State.IN_DOUBT, lease_until=world.clock.now(), lease_owner="one")
    worker = world.worker if who == "the same worker" else world.another_worker("two")
    resolve_doubts(worker, world.platform)
    assert world.states() == ["in_doubt"]
    world.clock.advance(1)
    resolve_doubts(worker, world.platform)
    assert world.states() == ["awaiting_receipt"]


class Crash(BaseException):
    """The process dies here."""


def test_a_submission_at_which_workers_keep_dying_is_held_for_a_person(world: World) -> None:
    world.add(1)
    states = []
    for _ in range(world.deaths_before_hold):
        world.connector.answers = [Crash()]
        with pytest.raises(Crash):
            deliver(world.worker, world.platform)
        world.clock.advance(71)
        unknown(world)
        resolve_doubts(world.worker, world.platform)
        states += world.states()
    assert states == ["ready", "held"]
    assert "中止" in world.submissions()[0].message
    assert world.submissions()[0].request_started_at is None, "it may be released"
