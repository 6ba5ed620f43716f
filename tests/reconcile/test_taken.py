"""What a platform took without deciding: told, asked for, and never taken for accepted."""

import pytest

from tests.reconcile.receiving import again, receive, sent
from tests.submission_queue.world import World, with_capabilities
from xinqiao.adapters.base import BatchProgress, Outcome, ReceiptMode, RowResult
from xinqiao.database.tables import batch
from xinqiao.queue.platforms import pause
from xinqiao.queue.states import State

TAKEN = RowResult(1, Outcome.RECEIVED, "consumed", "行已被取走")


def waits_for(world: World) -> list[str]:
    return [row.waits_for for row in world.submissions()]


def test_a_row_that_was_taken_waits_on_and_says_so(world: World) -> None:
    with_capabilities(world, query=False)
    sent(world, 1)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert (world.states(), waits_for(world)) == (["awaiting_receipt"], ["taken"])
    assert [row.verdict for row in world.receipts()] == ["received"]


def test_a_row_that_was_taken_is_kept_as_a_receipt_once_however_often_it_is_said(
    world: World,
) -> None:
    with_capabilities(world, query=False)
    sent(world, 1)
    for _ in range(3):
        receive(world, BatchProgress.PENDING, TAKEN)
    assert len(world.receipts()) == 1


def test_a_platform_that_can_be_asked_is_asked_and_what_stands_there_is_accepted(
    world: World,
) -> None:
    sent(world, 1)
    world.connector.holds(world.connector.sent[0], 1)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert world.states() == ["accepted"]
    assert world.holdings()[0].reference == "SD1"


@pytest.mark.parametrize("content", [None, "别的内容"], ids=["nothing", "other content"])
def test_what_does_not_stand_there_as_it_was_sent_is_not_accepted(
    world: World, content: str | None
) -> None:
    sent(world, 1)
    if content is not None:
        world.connector.holds(world.connector.sent[0], 1, XK_NR=content)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert (world.states(), waits_for(world)) == (["awaiting_receipt"], ["taken"])


def test_nothing_is_asked_before_the_platform_would_show_it(world: World) -> None:
    with_capabilities(world, visible_after=3000)
    sent(world, 1)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert (world.connector.asked, waits_for(world)) == ([], ["taken"])


def test_a_platform_that_is_paused_while_its_receipts_are_read_is_not_asked(world: World) -> None:
    sent(world, 1, 2)
    world.connector.holds(world.connector.sent[0], 1, 2)

    def pause_now() -> None:
        with world.database.writing() as connection:
            pause(connection, world.platform.id, world.cause("停"))

    world.connector.on_ask = pause_now
    second = RowResult(2, Outcome.RECEIVED, "consumed", "行已被取走")
    receive(world, BatchProgress.PENDING, TAKEN, second)
    assert len(world.connector.asked) == 1
    assert (world.states(), waits_for(world)[1]) == (["accepted", "awaiting_receipt"], "taken")


def test_a_receipt_after_it_was_taken_decides(world: World) -> None:
    with_capabilities(world, query=False)
    sent(world, 1)
    receive(world, BatchProgress.PENDING, TAKEN)
    receive(world, BatchProgress.COMPLETE, RowResult(1, Outcome.ACCEPTED, "0000", "", "SD1"))
    assert (world.states(), waits_for(world)) == (["accepted"], [""])


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REJECTED, State.HELD, State.CONFLICT])
def test_a_late_word_that_it_was_taken_is_kept_and_changes_nothing(
    world: World, state: State
) -> None:
    sent(world, 1)
    world.force(state)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert world.states() == [state.value]
    assert [row.verdict for row in world.receipts()] == ["received"]


def test_what_is_taken_and_never_confirmed_is_a_persons_matter_in_the_end(world: World) -> None:
    with_capabilities(world, query=False, receipts=ReceiptMode.ROW_CONSUMED)
    sent(world, 1)
    world.clock.advance(3600)
    receive(world, BatchProgress.PENDING, TAKEN)
    (held,) = world.submissions()
    assert (held.state, held.code) == ("held", "receipt_overdue")
    assert "取走" in held.message


def test_a_batch_of_which_all_was_taken_is_asked_about_until_people_decided_all_of_it(
    world: World,
) -> None:
    with_capabilities(world, query=False)
    sent(world, 1)
    world.force(State.HELD)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert world.rows(batch)[0].next_poll_at is not None
    world.force(State.ACCEPTED)
    again(world)
    receive(world, BatchProgress.PENDING, TAKEN)
    assert world.rows(batch)[0].next_poll_at is None
