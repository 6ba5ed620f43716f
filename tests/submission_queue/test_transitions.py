"""Every change of state is allowed, fenced and audited."""

import pytest

from tests.submission_queue.world import World
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Move, advance


def test_a_move_changes_the_state_and_writes_one_audit_entry(world: World) -> None:
    world.add(1)
    before = len(world.audited())
    with world.database.writing() as connection:
        made = advance(connection, [Move(1, State.READY, State.HELD, 0)], world.cause("核对"))
    assert len(made) == 1
    assert world.states() == ["held"]
    assert world.audited()[before:] == ["submission.held"]


def test_a_move_that_the_table_does_not_have_changes_nothing(world: World) -> None:
    world.add(1, 2)
    moves = [Move(1, State.READY, State.HELD, 0), Move(2, State.READY, State.ACCEPTED, 0)]
    with pytest.raises(ValueError, match="ready may not go to accepted"):  # noqa: SIM117 - the raise must leave the transaction
        with world.database.writing() as connection:
            advance(connection, moves, world.cause())
    assert world.states() == ["ready", "ready"]


@pytest.mark.parametrize(
    "move",
    [
        pytest.param(Move(1, State.READY, State.HELD, 7), id="another claim"),
        pytest.param(Move(1, State.HELD, State.CANCELLED, 0), id="another state"),
        pytest.param(Move(99, State.READY, State.HELD, 0), id="no such submission"),
    ],
)
def test_a_move_on_stale_knowledge_is_left_out_and_not_audited(world: World, move: Move) -> None:
    world.add(1)
    before = world.audited()
    with world.database.writing() as connection:
        assert advance(connection, [move], world.cause()) == []
    assert world.states() == ["ready"]
    assert world.audited() == before
