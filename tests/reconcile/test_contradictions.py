"""A platform without a ledger is asked now and then whether it stands by what it decided."""

from datetime import timedelta

import pytest

from tests.reconcile.receiving import sent
from tests.submission_queue.world import World, decided, with_capabilities
from xinqiao.adapters.base import BatchProgress, Outcome, ReceiptMode, RowResult
from xinqiao.database.tables import batch
from xinqiao.passes import make_pass
from xinqiao.queue.platforms import pause
from xinqiao.queue.states import State
from xinqiao.reconcile.receipts import collect

HOUR = 3600.0
ACCEPTED = RowResult(1, Outcome.ACCEPTED, "0000", "", "SD1")
REJECTED = RowResult(1, Outcome.REJECTED, "1001", "主体不存在")


@pytest.fixture(autouse=True)
def day(world: World) -> None:
    """Let receipts be expected within a day."""
    world.expected_within = 24 * HOUR


def receive(
    world: World, *rows: RowResult, progress: BatchProgress = BatchProgress.COMPLETE
) -> None:
    """Let a pass bring ``rows``, if it asks at all."""
    world.connector.reports = [decided(progress, rows)]
    make_pass(world.worker, world.platform)
    world.connector.reports = []


def looks(world: World, hours: int) -> int:
    """Return how often the platform is asked in so many hours, with a pass every ten minutes."""
    before = len(world.connector.polled)
    for _ in range(hours * 6):
        world.clock.advance(600)
        world.connector.reports = [decided(BatchProgress.COMPLETE, [ACCEPTED])]
        collect(world.worker, world.platform)
    return len(world.connector.polled) - before


def test_a_refusal_that_comes_after_all_was_accepted_is_a_conflict(world: World) -> None:
    sent(world, 1)
    receive(world, ACCEPTED)
    assert world.states() == ["accepted"]
    world.clock.advance(HOUR)
    receive(world, REJECTED)
    assert world.states() == ["conflict"]
    assert [one.verdict for one in world.receipts()] == ["accepted", "rejected"]


def test_an_acceptance_that_comes_after_all_was_refused_overrides_it(world: World) -> None:
    sent(world, 1)
    receive(world, REJECTED)
    world.clock.advance(HOUR)
    receive(world, ACCEPTED)
    assert world.states() == ["accepted"]
    assert world.holdings()[0].held_version == 1


def test_it_is_asked_every_hour_until_the_time_of_receipts_is_over_and_not_after(
    world: World,
) -> None:
    sent(world, 1)
    receive(world, ACCEPTED)
    assert looks(world, 3) == 3
    assert looks(world, 21) == 20
    assert world.rows(batch)[0].next_poll_at is None
    assert looks(world, 24) == 0


def test_a_platform_that_is_asked_seldom_is_asked_twelve_times_as_seldom(world: World) -> None:
    world.poll_every = 600
    sent(world, 1)
    receive(world, ACCEPTED)
    assert world.rows(batch)[0].next_poll_at == world.clock.now() + timedelta(hours=2)


@pytest.mark.parametrize(
    "progress", [BatchProgress.PENDING, BatchProgress.UNKNOWN_BATCH, BatchProgress.NO_ANSWER]
)
def test_what_is_decided_is_asked_about_slowly_whatever_the_answer(
    world: World, progress: BatchProgress
) -> None:
    sent(world, 1)
    receive(world, ACCEPTED)
    world.clock.advance(HOUR)
    receive(world, progress=progress)
    assert world.states() == ["accepted"]
    assert world.rows(batch)[0].next_poll_at == world.clock.now() + timedelta(hours=1)


def test_while_a_row_is_not_decided_its_batch_is_asked_about_as_often_as_ever(
    world: World,
) -> None:
    sent(world, 1, 2)
    receive(world, ACCEPTED, progress=BatchProgress.PENDING)
    assert world.rows(batch)[0].next_poll_at == world.clock.now() + timedelta(seconds=5)


def test_with_a_ledger_to_compare_nothing_is_asked(world: World) -> None:
    with_capabilities(world, ledger=True)
    sent(world, 1)
    receive(world, ACCEPTED)
    assert looks(world, 3) == 0


def test_a_page_that_only_confirms_is_not_looked_at_again(world: World) -> None:
    with_capabilities(world, receipts=ReceiptMode.PAGE_CHECK)
    sent(world, 1)
    receive(world, ACCEPTED)
    assert looks(world, 3) == 0


def test_a_paused_platform_is_not_asked(world: World) -> None:
    sent(world, 1)
    receive(world, ACCEPTED)
    with world.database.writing() as connection:
        pause(connection, world.platform.id, world.cause("平台维护"))
    assert looks(world, 3) == 0


def test_an_answer_that_brings_nothing_new_is_no_work_done(world: World) -> None:
    sent(world, 1)
    receive(world, ACCEPTED)
    before = (world.audited(), len(world.receipts()))
    world.clock.advance(HOUR)
    world.connector.reports = [decided(BatchProgress.COMPLETE, [ACCEPTED])]
    report = make_pass(world.worker, world.platform)
    assert len(world.connector.polled) == 2
    assert (report.delivered, sum(report.reached.values()), report.note) == (0, 0, "")
    assert (world.audited(), len(world.receipts())) == before


def test_that_it_is_there_already_is_no_contradiction_of_an_acceptance(world: World) -> None:
    """It is not compared again: a newer version may stand in its place by now."""
    sent(world, 1)
    world.connector.holds(world.connector.sent[0], 1)
    duplicate = RowResult(1, Outcome.DUPLICATE, "0040", "已存在")
    receive(world, duplicate)
    assert world.states() == ["accepted"]
    asked = len(world.connector.asked)
    world.connector.held.clear()
    world.clock.advance(HOUR)
    receive(world, duplicate)
    assert (world.states(), len(world.connector.asked)) == (["accepted"], asked)


def test_what_was_sent_anew_keeps_its_first_delivery_from_being_done(world: World) -> None:
    sent(world, 1)
    world.force(State.READY, batch_id=None, row_number=None, request_started_at=None)
    with world.database.writing() as connection:
        connection.execute(batch.update().values(next_poll_at=world.clock.now()))
    world.connector.reports = [decided(BatchProgress.PENDING, [])]
    collect(world.worker, world.platform)
    assert world.rows(batch)[0].next_poll_at == world.clock.now() + timedelta(seconds=5)
