"""A platform's profile is edited while deliveries are under way: what is not there proves nothing.

The question may go to another place than the delivery did.
"""

import pytest
import sqlalchemy as sa

from tests.reconcile.receiving import again, receive, sent
from tests.submission_queue.world import World, accepted, decided, reply, with_capabilities
from xinqiao.adapters.base import BatchProgress, Outcome, ReceiptMode, RowResult
from xinqiao.database.tables import batch
from xinqiao.queue.batches import open_under_another
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import Withdrawal
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.receipts import collect

IN_DOUBT = reply(Outcome.IN_DOUBT, code="read_timeout")


def doubtful(world: World, *numbers: int) -> None:
    world.add(*numbers)
    world.connector.answers = [IN_DOUBT]
    deliver(world.worker, world.platform)
    world.clock.advance(3600)


def edit(world: World) -> None:
    """Let the operator change where or how the platform is reached."""
    world.way_digest = "b" * 64


def resolve(world: World) -> list[tuple[str, str]]:
    """Resolve doubts, the platform knowing no batch; return state and code of each submission."""
    world.connector.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])] * 20
    resolve_doubts(world.worker, world.platform)
    return [(row.state, row.code) for row in world.submissions()]


@pytest.mark.parametrize(
    "abilities",
    [
        {"query": True},
        {"query": False, "deduplicates": True},
        {"query": False, "deduplicates": False},
        {"poll": False, "query": True},
        {"poll": False, "query": False, "deduplicates": True},
    ],
)
def test_an_absence_is_not_believed_and_a_person_decides(
    world: World, abilities: dict[str, bool]
) -> None:
    with_capabilities(world, **abilities)
    doubtful(world, 1, 2)
    edit(world)
    assert resolve(world) == [("held", "profile_changed")] * 2
    assert len(world.connector.sent) == 1
    assert "queue resolve" in world.submissions()[0].message


def test_unchanged_an_absence_is_believed(world: World) -> None:
    doubtful(world, 1)
    assert resolve(world) == [("ready", "absent")]


def test_a_change_that_was_taken_back_is_none(world: World) -> None:
    doubtful(world, 1)
    before = world.way_digest
    edit(world)
    world.way_digest = before
    assert resolve(world) == [("ready", "absent")]


def test_a_batch_of_which_nobody_noted_the_profile_is_resolved_as_ever(world: World) -> None:
    """The previous release sealed it."""
    doubtful(world, 1)
    with world.database.writing() as connection:
        connection.execute(sa.update(batch).values(way_digest=None))
    edit(world)
    assert resolve(world) == [("ready", "absent")]


def test_what_is_found_under_its_key_is_believed(world: World) -> None:
    doubtful(world, 1, 2)
    edit(world)
    world.connector.holds(world.connector.sent[0], 2)
    assert resolve(world) == [("held", "profile_changed"), ("accepted", "found")]


def test_a_batch_that_the_platform_knows_is_believed(world: World) -> None:
    doubtful(world, 1)
    edit(world)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]


def test_before_it_would_be_shown_nobody_is_asked_to_look(world: World) -> None:
    with_capabilities(world, visible_after=10_000)
    doubtful(world, 1)
    edit(world)
    assert [state for state, _ in resolve(world)] == ["in_doubt"]


def withdrawn(world: World, answer: Outcome) -> None:
    """Bring a deletion on its way."""
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    (record_id,) = world.add(1)
    world.connector.answers = [accepted, reply(answer)]
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        revoked = Revocation(world.clock.today(), "云交撤〔2026〕1号")
        withdraw(connection, world.planner(), record_id, revoked, world.cause("撤销"))
    deliver(world.worker, world.platform)
    world.clock.advance(1800)


def test_that_a_record_is_not_there_does_not_prove_that_it_was_deleted(world: World) -> None:
    withdrawn(world, Outcome.IN_DOUBT)
    edit(world)
    assert resolve(world)[1] == ("held", "profile_changed")


@pytest.mark.parametrize("outcome", [Outcome.RECEIVED, Outcome.DUPLICATE])
def test_a_receipt_that_decides_nothing_is_not_made_a_deletion_by_an_absence(
    world: World, outcome: Outcome
) -> None:
    withdrawn(world, Outcome.RECEIVED)
    edit(world)
    receive(world, BatchProgress.PENDING, RowResult(1, outcome, "0040"))
    assert world.submissions()[1].state != "accepted"
    assert world.holdings()[0].held_version == 1


@pytest.mark.parametrize("edited", [True, False])
def test_a_page_on_which_a_record_is_not_shown_proves_its_deletion_only_where_it_was_sent(
    world: World, *, edited: bool
) -> None:
    with_capabilities(world, receipts=ReceiptMode.PAGE_CHECK, query=False)
    withdrawn(world, Outcome.RECEIVED)
    if edited:
        edit(world)
    receive(world, BatchProgress.COMPLETE, RowResult(1, Outcome.ACCEPTED, "page_gone"))
    assert (world.submissions()[1].state == "accepted") is not edited


def test_a_receipt_is_believed(world: World) -> None:
    sent(world, 1, 2)
    edit(world)
    rows = [RowResult(1, Outcome.ACCEPTED, "0000"), RowResult(2, Outcome.REJECTED, "1002")]
    receive(world, BatchProgress.COMPLETE, *rows)
    assert world.states() == ["accepted", "rejected"]


def test_what_is_sent_after_the_change_is_judged_as_ever(world: World) -> None:
    edit(world)
    doubtful(world, 1)
    assert resolve(world) == [("ready", "absent")]


def open_ones(world: World) -> int:
    with world.database.reading() as connection:
        return open_under_another(connection, world.platform.id, world.way_digest)


def test_the_deliveries_under_way_under_another_profile_are_counted(world: World) -> None:
    world.rows_per_batch = 2
    world.add(1, 2, 3, 4, 5)
    world.connector.answers = [reply(Outcome.RECEIVED), accepted, IN_DOUBT]
    deliver(world.worker, world.platform)
    assert open_ones(world) == 0
    edit(world)
    assert open_ones(world) == 2
    world.clock.advance(1800)
    again(world)
    world.connector.reports = [
        decided(BatchProgress.COMPLETE, [RowResult(n, Outcome.ACCEPTED, "0000") for n in (1, 2)])
    ]
    collect(world.worker, world.platform)
    assert open_ones(world) == 1
