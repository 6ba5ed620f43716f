"""How a newer version reaches a platform: in place, after a withdrawal, or by hand."""

import pytest

from tests.submission_queue.world import World, accepted, decided, reply
from xinqiao.adapters.base import BatchProgress, Operation, Outcome, Reply, RowResult
from xinqiao.database.tables import batch as batch_table
from xinqiao.database.tables import holding
from xinqiao.passes import make_pass
from xinqiao.queue import batches
from xinqiao.queue.delivery import deliver
from xinqiao.queue.holdings import replan
from xinqiao.queue.operations import Evidence, Resolution, resolve
from xinqiao.queue.platforms import Correction, Withdrawal
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.strategies import follow_strategies
from xinqiao.reconcile.receipts import collect

REFUSED = Reply(Outcome.REJECTED, rows=(RowResult(1, Outcome.REJECTED, "1009", "不能删除"),))


@pytest.fixture(name="world")
def replacing(world: World) -> World:
    """A platform that takes a newer version only after the old one was withdrawn."""
    world.corrections = {"permit": Correction.REPLACE}
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    return world


def held_at_first(world: World) -> str:
    (record_id,) = world.add(1)
    send(world, accepted)
    return record_id


def send(world: World, *answers: object) -> None:
    world.connector.answers = list(answers)  # type: ignore[arg-type] # answers of any kind
    deliver(world.worker, world.platform)


def asked(world: World) -> list[tuple[str, int, str]]:
    return [(row.operation, row.version, row.state) for row in world.submissions()]


def test_the_old_version_is_withdrawn_and_then_the_new_one_inserted(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    assert asked(world)[1:] == [("withdraw", 1, "ready")]
    send(world, accepted, accepted)
    assert asked(world)[1:] == [("withdraw", 1, "accepted"), ("insert", 2, "accepted")]
    sent = [one.operation for one in world.connector.sent]
    assert sent == [Operation.INSERT, Operation.WITHDRAW, Operation.INSERT]
    assert world.holdings()[0].held_version == 2


def test_never_are_both_open_at_once(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world, reply(Outcome.RECEIVED))
    assert asked(world)[1:] == [("withdraw", 1, "awaiting_receipt")]
    world.version(record_id, 3, content="再改")
    undecided = [row for row in world.submissions() if State(row.state) in OPEN]
    assert len(undecided) == 1


def test_a_withdrawal_that_is_refused_lets_nothing_be_inserted(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world, REFUSED)
    make_pass(world.worker, world.platform)
    assert asked(world)[1:] == [("withdraw", 1, "rejected")]
    assert len(world.connector.sent) == 2


def test_making_room_fulfils_nothing_and_the_duty_ends_with_the_new_version(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world, accepted, reply(Outcome.RECEIVED))
    assert asked(world)[1:] == [("withdraw", 1, "accepted"), ("insert", 2, "awaiting_receipt")]
    assert [one.closed_by for one in world.duties()] == ["accepted", None]
    world.clock.advance(10)
    receipt = RowResult(1, Outcome.ACCEPTED, "0000", "", "SD2")
    world.connector.reports = [decided(BatchProgress.COMPLETE, [receipt])]
    collect(world.worker, world.platform)
    assert [one.closed_by for one in world.duties()] == ["accepted", "accepted"]


def test_a_first_version_is_simply_inserted(world: World) -> None:
    held_at_first(world)
    assert asked(world) == [("insert", 1, "accepted")]


def test_a_newer_version_that_cannot_be_sent_withdraws_nothing(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="", valid=False)
    assert len(world.submissions()) == 1


def test_a_change_of_the_profile_replaces_what_has_not_left(world: World) -> None:
    world.corrections = {}
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    assert asked(world)[1:] == [("update", 2, "ready")]
    world.corrections = {"permit": Correction.REPLACE}
    world.connector.answers = [accepted, accepted]
    make_pass(world.worker, world.platform)
    assert asked(world)[1:] == [
        ("update", 2, "cancelled"),
        ("withdraw", 1, "accepted"),
        ("insert", 2, "accepted"),
    ]


def test_a_change_back_replaces_it_again(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    world.corrections = {}
    assert follow_strategies(world.worker, world.platform) == 1
    assert asked(world)[1:] == [("withdraw", 1, "cancelled"), ("update", 2, "ready")]
    assert follow_strategies(world.worker, world.platform) == 0


def test_a_change_of_the_profile_leaves_alone_what_has_left(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world, reply(Outcome.RECEIVED))
    world.corrections = {}
    follow_strategies(world.worker, world.platform)
    assert asked(world)[1:] == [("withdraw", 1, "awaiting_receipt")]


def test_a_change_of_the_profile_takes_many_records_in_portions(world: World) -> None:
    world.corrections = {}
    world.rows_per_batch = 600
    ids = world.add(*range(1, 511))
    send(world, accepted)
    for number, record_id in enumerate(ids, 1):
        world.version(record_id, 2, number, content="改")
    world.corrections = {"permit": Correction.REPLACE}
    assert follow_strategies(world.worker, world.platform) == 510
    assert {one.replaces for one in world.rows(holding)} == {True}


def test_what_is_corrected_by_hand_waits_for_a_person_and_is_never_sent(world: World) -> None:
    world.corrections = {"permit": Correction.BY_HAND}
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world)
    assert asked(world)[1:] == [("update", 2, "held")]
    assert "变更须由人" in world.submissions()[1].message
    assert len(world.connector.sent) == 1
    with world.database.writing() as connection:
        resolve(
            connection,
            [2],
            world.cause("已在平台改好"),
            resolution=Resolution.ACCEPTED,
            evidence=Evidence("截图.png", "0" * 64),
        )
    assert world.holdings()[0].held_version == 2


def test_a_withdrawal_as_a_void_row_is_no_correction_by_hand(world: World) -> None:
    world.corrections = {"permit": Correction.BY_HAND}
    world.withdrawals = {"permit": Withdrawal.VOID_ROW}
    held_at_first(world)
    with world.database.writing() as connection:
        connection.execute(holding.update().values(wanted_version=None, wanted_key=None))
    with world.database.writing() as connection:
        place = (world.records()[0].id, world.platform.id)
        replan(connection, [place], world.cause())
    send(world, accepted)
    assert asked(world)[1:] == [("withdraw", 1, "accepted")]


def delivered_before(world: World) -> list[frozenset[int]]:
    with world.database.reading() as connection:
        sent = [
            batches.open_batch(connection, one.id, world.keys) for one in world.rows(batch_table)
        ]
    return [one.delivered_before for one in sent]


def test_an_insert_after_a_withdrawal_is_told_from_a_first_one(world: World) -> None:
    record_id = held_at_first(world)
    world.version(record_id, 2, content="改")
    send(world, accepted)
    send(world, accepted)
    assert [one[0] for one in asked(world)] == ["insert", "withdraw", "insert"]
    assert delivered_before(world) == [frozenset(), frozenset({1}), frozenset({1})]


def test_what_was_refused_before_left_nothing_at_the_platform(world: World) -> None:
    (record_id,) = world.add(1)
    send(world, reply(Outcome.REJECTED))
    world.version(record_id, 2, content="改")
    send(world, accepted)
    assert [one[0] for one in asked(world)] == ["insert", "insert"]
    assert delivered_before(world) == [frozenset(), frozenset()]
