"""One action on many: what fits is done in portions, what does not is counted, all is audited."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from tests.submission_queue.world import PLATFORM, Crash, World, reply
from xinqiao.adapters.base import Outcome, RowResult
from xinqiao.database.tables import audit, submission
from xinqiao.errors import BusyError
from xinqiao.queue import bulk, operations
from xinqiao.queue.bulk import Done, Plan, carry_out_all, plan
from xinqiao.queue.delivery import deliver
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Cause
from xinqiao.queue.verbs import Verb

EVERYTHING = Selection(platform=PLATFORM)


@contextmanager
def acting(world: World) -> Iterator[tuple[Connection, Cause]]:
    with world.database.writing() as connection:
        yield connection, world.cause("整改")


def planned(world: World, verb: Verb, selection: Selection, limit: int | None = None) -> Plan:
    with world.database.reading() as connection:
        return plan(connection, verb, selection, limit)


def carry_out(
    world: World, verb: Verb, selection: Selection = EVERYTHING, limit: int | None = None
) -> Done:
    done = Done()
    made = planned(world, verb, selection, limit)
    carry_out_all(lambda: acting(world), verb, selection, made, done)
    return done


def put(world: World, number: int, state: State, **values: object) -> None:
    with world.database.writing() as connection:
        connection.execute(
            sa.update(submission)
            .where(submission.c.id == number)
            .values(state=state.value, **values)
        )


def summaries(world: World) -> list[dict[str, object]]:
    return [
        json.loads(row.body)["details"] for row in world.rows(audit, audit.c.action == "queue.bulk")
    ]


def test_what_does_not_fit_is_skipped_with_the_reason_and_the_rest_is_done(world: World) -> None:
    world.add(1, 2, 3, 4)
    put(world, 2, State.SENDING)
    put(world, 3, State.HELD, request_started_at=world.clock.now())
    done = carry_out(world, operations.CANCEL)
    assert (done.done, done.skipped) == (2, {"sending": 1, "may_have_left": 1})
    assert world.states() == ["cancelled", "sending", "held", "cancelled"]


def test_each_submission_and_the_run_as_a_whole_are_audited(world: World) -> None:
    world.add(1, 2)
    put(world, 2, State.ACCEPTED)
    carry_out(world, operations.HOLD, Selection(platform=PLATFORM, kind="permit"))
    assert world.audited()[-2:] == ["submission.held", "queue.bulk"]
    (summary,) = summaries(world)
    assert summary == {
        "verb": "hold",
        "filter": f"platform={PLATFORM} kind=permit",
        "done": 1,
        "skipped": "accepted=1",
        "complete": True,
    }


def test_a_plan_changes_nothing_and_says_how_many_of_which_platform_and_state(
    world: World,
) -> None:
    world.add(1, 2, 3)
    put(world, 2, State.IN_DOUBT)
    before = world.audited()
    made = planned(world, operations.HOLD, EVERYTHING)
    assert made.groups == {(PLATFORM, "ready"): 2, (PLATFORM, "in_doubt"): 1}
    assert world.states() == ["ready", "in_doubt", "ready"]
    assert world.audited() == before


def test_a_limit_counts_only_what_fits_and_takes_the_most_urgent(world: World) -> None:
    world.add(1, decision_date="2026-11-17")
    world.add(2, decision_date="2026-11-03")
    world.add(3, decision_date="2026-11-10")
    put(world, 2, State.ACCEPTED)
    assert carry_out(world, operations.HOLD, limit=1).done == 1
    assert world.states() == ["ready", "accepted", "held"]


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), BusyError("数据库正忙"), RuntimeError("x"), Crash()]
)
def test_an_interruption_leaves_whole_portions_and_a_second_run_does_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    monkeypatch.setattr(bulk, "PORTION", 2)
    world.add(1, 2, 3, 4, 5)
    opened = []

    @contextmanager
    def interrupted() -> Iterator[tuple[Connection, Cause]]:
        with acting(world) as (connection, cause):
            opened.append(cause)
            yield connection, cause
            if len(opened) == 2:
                raise stop

    done, made = Done(), planned(world, operations.HOLD, EVERYTHING)
    with pytest.raises(type(stop)) as raised:
        carry_out_all(interrupted, operations.HOLD, EVERYTHING, made, done)
    assert (raised.value, done.done) == (stop, 2)
    assert world.states() == ["held", "held", "ready", "ready", "ready"]
    assert carry_out(world, operations.HOLD).done == 3
    assert [(one["done"], one["complete"]) for one in summaries(world)] == [(2, False), (3, True)]


def test_a_run_whose_summary_cannot_be_written_either_still_tells_what_stopped_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PORTION", 2)
    world.add(1, 2, 3)
    opened: list[int] = []

    @contextmanager
    def busy() -> Iterator[tuple[Connection, Cause]]:
        opened.append(len(opened))
        if len(opened) > 1:
            raise BusyError(f"第 {len(opened)} 次")
        with acting(world) as given:
            yield given

    done, made = Done(), planned(world, operations.HOLD, EVERYTHING)
    with pytest.raises(BusyError, match="第 2 次"):
        carry_out_all(busy, operations.HOLD, EVERYTHING, made, done)
    assert (done.done, len(opened)) == (2, 3)
    assert world.states() == ["held", "held", "ready"]


def test_what_changed_since_it_was_shown_is_left_alone(world: World) -> None:
    world.add(1, 2, 3)
    selection = Selection(state=State.READY)
    made = planned(world, operations.HOLD, selection)
    put(world, 1, State.IN_DOUBT)
    put(world, 2, State.SENDING)
    done = Done()
    carry_out_all(lambda: acting(world), operations.HOLD, selection, made, done)
    assert (done.done, done.skipped) == (1, {"changed": 2})
    assert world.states() == ["in_doubt", "sending", "held"]


def test_refused_ones_are_sent_anew_once_each_whatever_was_tried_before(world: World) -> None:
    world.add(1, 2)
    for _ in range(2):
        refusals = [RowResult(row, Outcome.REJECTED, "1001", "主体不存在") for row in (1, 2)]
        world.connector.answers = [reply(Outcome.RECEIVED, *refusals)]
        deliver(world.worker, world.platform)
        done = carry_out(world, operations.RETRY, Selection(state=State.REJECTED))
        assert done.done == 2
    assert done.skipped == {"busy": 2}
    assert world.states() == ["rejected"] * 4 + ["ready"] * 2
    again = carry_out(world, operations.RETRY, Selection(state=State.REJECTED))
    assert (again.done, again.skipped) == (0, {"busy": 4})


def test_a_refused_version_that_is_no_longer_wanted_is_not_sent_anew(world: World) -> None:
    (record_id,) = world.add(1)
    put(world, 1, State.REJECTED)
    world.version(record_id, 2, content="改过的内容")
    done = carry_out(world, operations.RETRY, Selection(state=State.REJECTED))
    assert (done.done, done.skipped) == (0, {"not_needed": 1})


def test_many_are_held_released_and_brought_forward_with_few_statements(world: World) -> None:
    """As many for a hundred as for ten, since each portion is one round."""
    counts = []
    ran: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *seen: ran.append(seen[2]))
    world.add(*range(1, 11))
    # the first ever to be held are one statement more: the count of that state begins
    for verb in (operations.HOLD, operations.RELEASE):
        carry_out(world, verb)
    for wanted in (10, 100):
        if wanted == 100:
            world.add(*range(11, 101))
        ran.clear()
        for verb in (operations.HOLD, operations.RELEASE, operations.RETRY):
            assert carry_out(world, verb).done == wanted
        counts.append(len(ran))
    # the first round also writes the counts of states that nothing stood in before
    assert counts[1] <= counts[0]
