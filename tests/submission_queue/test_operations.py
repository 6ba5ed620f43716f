"""What operators do: all of it or none, audited, never blind to what may have left."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.submission_queue.world import World, accepted, reply
from xinqiao.adapters.base import Outcome, RowResult
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import operations
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.states import State

EVIDENCE = Evidence("平台截图.png", "0" * 64)


def act(world: World, verb: Callable[..., None], *ids: int, **further: Any) -> None:
    with world.database.writing() as connection:
        verb(connection, ids, world.cause("科长同意"), **further)


def rejected(world: World) -> None:
    world.add(1)
    refusal = RowResult(1, Outcome.REJECTED, "1001", "主体不存在")
    world.connector.answers = [reply(Outcome.RECEIVED, refusal)]
    deliver(world.worker, world.platform)


def test_hold_and_release_keep_and_free_a_submission(world: World) -> None:
    world.add(1)
    act(world, operations.hold, 1)
    deliver(world.worker, world.platform)
    assert (world.states(), world.connector.sent) == (["held"], [])
    act(world, operations.release, 1)
    deliver(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]


def test_cancelling_leaves_the_duty_open(world: World) -> None:
    world.add(1)
    act(world, operations.cancel, 1)
    assert world.states() == ["cancelled"]
    assert world.duties()[0].closed_at is None


@pytest.mark.parametrize("verb", [operations.release, operations.cancel])
def test_a_held_one_that_may_have_left_is_neither_released_nor_cancelled(
    world: World, verb: operations.Verb
) -> None:
    world.add(1)
    world.force(State.HELD, request_started_at=world.clock.now())
    with pytest.raises(RefusedError, match="queue resolve"):
        act(world, verb, 1)
    assert world.states() == ["held"]


@pytest.mark.parametrize("state", [State.SENDING, State.AWAITING_RECEIPT, State.IN_DOUBT])
def test_what_is_under_way_is_not_cancelled(world: World, state: State) -> None:
    world.add(1)
    world.force(state)
    with pytest.raises(RefusedError):
        act(world, operations.cancel, 1)


def test_one_refusal_among_many_leaves_all_as_they_were(world: World) -> None:
    world.add(1, 2)
    act(world, operations.hold, 1)
    with pytest.raises(RefusedError):
        act(world, operations.hold, 2, 1)
    assert world.states() == ["held", "ready"]


def test_an_unknown_number_is_named(world: World) -> None:
    with pytest.raises(InputError, match="77"):
        act(world, operations.hold, 77)


def test_a_refused_version_is_sent_anew_on_a_persons_word(world: World) -> None:
    rejected(world)
    act(world, operations.retry, 1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert world.states() == ["rejected", "accepted"]


def test_a_second_retry_while_the_first_is_open_is_refused(world: World) -> None:
    rejected(world)
    act(world, operations.retry, 1)
    with pytest.raises(RefusedError):
        act(world, operations.retry, 1)


def test_retry_brings_a_waiting_one_forward(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    deliver(world.worker, world.platform)
    act(world, operations.retry, 1)
    assert world.submissions()[0].next_attempt_at == world.clock.now()


@pytest.mark.parametrize(
    ("resolution", "after"),
    [
        (Resolution.ACCEPTED, "accepted"),
        (Resolution.REJECTED, "rejected"),
        (Resolution.ABSENT, "ready"),
    ],
)
def test_a_persons_finding_settles_what_was_in_doubt(
    world: World, resolution: Resolution, after: str
) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    deliver(world.worker, world.platform)
    act(world, operations.resolve, 1, resolution=resolution, evidence=EVIDENCE)
    assert world.states() == [after]
    assert (world.duties()[0].closed_by == "accepted") is (after == "accepted")
    assert world.audited()[-1] == "submission.resolved_by_hand"


def test_absent_by_a_persons_word_is_sent_again_in_a_new_batch(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout"), accepted]
    deliver(world.worker, world.platform)
    act(world, operations.resolve, 1, resolution=Resolution.ABSENT, evidence=EVIDENCE)
    world.clock.advance(75)
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted"]
    assert world.connector.sent[0].number != world.connector.sent[1].number


def test_a_conflict_is_not_declared_absent(world: World) -> None:
    world.add(1)
    world.force(State.CONFLICT, request_started_at=world.clock.now())
    with pytest.raises(RefusedError):
        act(world, operations.resolve, 1, resolution=Resolution.ABSENT, evidence=EVIDENCE)


def test_giving_up_an_old_version_sets_the_newer_one_free_that_waited_behind_it(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    act(world, operations.hold, 1)
    world.version(record_id, 2, content="道路旅客运输")
    assert world.states() == ["held"]
    act(world, operations.cancel, 1)
    assert [(row.version, row.state) for row in world.submissions()] == [
        (1, "cancelled"),
        (2, "ready"),
    ]


def test_a_version_that_was_overtaken_while_it_was_held_is_not_sent_when_it_is_released(
    world: World,
) -> None:
    (record_id,) = world.add(1)
    act(world, operations.hold, 1)
    world.version(record_id, 2, content="道路旅客运输")
    act(world, operations.release, 1)
    assert [(row.version, row.state) for row in world.submissions()] == [
        (1, "cancelled"),
        (2, "ready"),
    ]
