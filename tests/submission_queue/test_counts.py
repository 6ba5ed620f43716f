"""The kept counts are what counting would give, whatever happened before."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.submission_queue.world import PLATFORM, Crash, Submit, World, accepted, decided, reply
from xinqiao.adapters.base import BatchProgress, Outcome, Reply, RowResult, SealedBatch
from xinqiao.database.tables import submission
from xinqiao.errors import DamageError, XinqiaoError
from xinqiao.queue import operations
from xinqiao.queue.counts import check_counts, read_counts, recount
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.reconcile.receipts import collect

ROWS = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.RECEIVED, Outcome.DUPLICATE)


def add(world: World, chance: Random) -> None:
    number = len(world.records()) + 1
    (record_id,) = world.add(number)
    if chance.random() < 0.3:
        world.version(record_id, 2, number, content="道路危险货物运输")


def deliver_somehow(world: World, chance: Random) -> None:
    def answer(batch: SealedBatch) -> Reply:
        outcome = chance.choice(list(Outcome))
        rows = [
            RowResult(row.number, chance.choice(ROWS), "x")
            for row in batch.rows[: chance.randrange(3)]
        ]
        return reply(outcome, *rows)

    answers: list[Submit | BaseException] = [answer, answer, answer, accepted, Crash()]
    world.connector.answers = [chance.choice(answers)]
    with suppress(Crash):
        deliver(world.worker, world.platform)


def collect_somehow(world: World, chance: Random) -> None:
    progress = chance.choice(list(BatchProgress))
    rows = [RowResult(number, chance.choice(ROWS), "x") for number in range(chance.randrange(4))]
    world.connector.reports = [decided(progress, rows)]
    collect(world.worker, world.platform)


def resolve(world: World, chance: Random) -> None:
    if world.connector.sent and chance.random() < 0.5:
        world.connector.holds(chance.choice(world.connector.sent), 1)
    resolve_doubts(world.worker, world.platform)


def act(world: World, chance: Random) -> None:
    verbs = (operations.hold, operations.release, operations.cancel, operations.retry)
    which = [chance.randrange(1, len(world.submissions()) + 2)]
    with suppress(XinqiaoError), world.database.writing() as connection:
        if chance.random() < 0.4:
            operations.resolve(
                connection,
                which,
                world.cause("核实过"),
                resolution=chance.choice(list(Resolution)),
                evidence=Evidence("平台截图.png", "0" * 64),
            )
        else:
            chance.choice(verbs)(connection, which, world.cause("科长同意"))


def wait(world: World, chance: Random) -> None:
    world.clock.advance(chance.choice([5, 61, 3600, 20_000]))


STEPS: Mapping[str, Callable[[World, Random], None]] = {
    "add": add,
    "deliver": deliver_somehow,
    "collect": collect_somehow,
    "resolve": resolve,
    "act": act,
    "wait": wait,
}


def counted_anew(world: World) -> dict[str, int]:
    with world.database.reading() as connection:
        rows = connection.execute(
            sa.select(submission.c.state, sa.func.count()).group_by(submission.c.state)
        )
        return {row[0]: row[1] for row in rows}


@settings(
    max_examples=25,
    deadline=None,
    # every example goes on where the one before ended: what is proven holds in any state
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.sampled_from(list(STEPS)), min_size=5, max_size=20), seed=st.integers(0, 99)
)
def test_after_anything_the_counts_are_what_counting_gives(
    world: World, steps: list[str], seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    world.rows_per_batch = 3
    add(world, chance)
    for step in steps:
        STEPS[step](world, chance)
        assert world.counted() == counted_anew(world), step


def test_every_state_has_a_count_also_where_there_is_none(world: World) -> None:
    world.add(1, 2)
    with world.database.reading() as connection:
        counts = read_counts(connection, PLATFORM)
    assert set(counts) == set(State)
    assert (counts[State.READY], sum(counts.values())) == (2, 2)


def test_what_was_undone_is_not_counted(world: World) -> None:
    world.add(1)
    with world.database.writing() as connection:
        operations.cancel(connection, [1], world.cause("科长同意"))
        connection.rollback()
    assert world.counted() == {"ready": 1}


def test_counts_that_a_program_of_the_old_release_did_not_keep_are_noticed_and_mended(
    world: World,
) -> None:
    world.add(1, 2)
    with world.database.writing() as connection:
        connection.execute(sa.update(submission).values(state=State.ACCEPTED.value))
    with world.database.reading() as connection, pytest.raises(DamageError, match="xinqiao init"):
        check_counts(connection)
    with world.database.writing() as connection:
        recount(connection)
        check_counts(connection)
        assert read_counts(connection, PLATFORM)[State.ACCEPTED] == 2
