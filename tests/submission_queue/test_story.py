"""The story of a submission: everything that happened, in the order of time, and nothing twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.submission_queue.world import World, decided, reply
from xinqiao.adapters.base import BatchProgress, Outcome, RowResult
from xinqiao.errors import InputError
from xinqiao.queue import operations
from xinqiao.queue.chronicle import folded, in_order_of_time
from xinqiao.queue.delivery import deliver
from xinqiao.queue.platforms import pause
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.story import story
from xinqiao.reconcile.receipts import collect


def told(world: World, number: int = 1) -> dict[str, Any]:
    with world.database.reading() as connection:
        return story(connection, number, world.clock.now())


def act(world: World, verb: Any, *ids: int) -> None:
    with world.database.writing() as connection:
        verb(connection, ids, world.cause("等函复"))


def happened(world: World) -> list[tuple[str, str | None]]:
    """Return what sort each event is, with the state it led to."""
    return [(one["event"], one.get("state")) for one in told(world)["events"]]


def test_everything_is_told_in_the_order_of_time(world: World) -> None:
    world.add(1)
    world.clock.advance(60)
    act(world, operations.hold, 1)
    world.clock.advance(60)
    act(world, operations.release, 1)
    world.clock.advance(60)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    deliver(world.worker, world.platform)
    world.clock.advance(3600)
    resolve_doubts(world.worker, world.platform)
    world.clock.advance(60)
    rows = [RowResult(1, Outcome.ACCEPTED, "0000", "入库成功", "SD1")]
    world.connector.reports = [decided(BatchProgress.COMPLETE, rows)]
    collect(world.worker, world.platform)
    events = told(world)["events"]
    times = [datetime.fromisoformat(one["at"]) for one in events]
    assert times == sorted(times)
    names = [one[0] for one in happened(world)]
    assert names[:3] == ["version", "duty_opened", "action"]
    assert names[3:5] == ["change", "change"]
    assert names[-1] == "duty_closed"
    assert {"attempt", "receipt"} <= set(names)
    (held, released) = events[3:5]
    assert (held["actor"], held["reason"], held["state"]) == ("张科员", "等函复", "held")
    assert released["state"] == "ready"


def test_what_an_attempt_brought_about_is_told_with_it_and_not_twice(world: World) -> None:
    world.add(1)
    world.clock.advance(60)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout", message="没有应答")]
    deliver(world.worker, world.platform)
    (attempt,) = [one for one in told(world)["events"] if one["event"] == "attempt"]
    assert (attempt["purpose"], attempt["outcome"], attempt["state"]) == (
        "send",
        "in_doubt",
        "in_doubt",
    )
    assert (attempt["worker"], attempt["row"], attempt["rows"]) == ("one", 1, 1)
    assert ("change", "in_doubt") not in happened(world)
    assert ("change", "sending") not in happened(world)


def test_a_call_that_never_ended_has_no_end_and_no_outcome(world: World) -> None:
    world.add(1)
    world.connector.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        deliver(world.worker, world.platform)
    (attempt,) = told(world)["attempts_made"]
    assert (attempt["finished_at"], attempt["outcome"], attempt["seconds"]) == (None, None, None)
    world.clock.advance(120)
    resolve_doubts(world.another_worker("two"), world.platform)
    (lost,) = [one for one in told(world)["events"] if one["event"] == "change"][:1]
    assert (lost["state"], lost["details"]["why"]) == ("in_doubt", "lease_expired")


def test_versions_say_where_they_came_from_and_which_one_is_carried(world: World) -> None:
    (record_id,) = world.add(1)
    world.version(record_id, 2, content="改过的内容", valid=False)
    versions = told(world)["versions"]
    assert [
        (one["version"], one["file"], one["row"], one["valid"], one["findings"], one["carried"])
        for one in versions
    ] == [(1, "许可.xlsx", 2, True, 0, True), (2, "许可.xlsx", 2, False, 0, False)]
    assert all(one["actor"] == "张科员" and one["created_at"] for one in versions)


def test_the_platforms_standing_and_the_reason_of_the_wait_are_told(world: World) -> None:
    world.add(1)
    with world.database.writing() as connection:
        pause(connection, world.platform.id, world.cause("平台维护"))
    act(world, operations.retry, 1)
    seen = told(world)
    assert seen["platform_standing"]["paused_reason"] == "平台维护"
    assert seen["waits_for"] == "by_hand"
    assert seen["as_of"] == world.clock.now().isoformat()


@pytest.mark.parametrize("number", [0, 77, 2**63, 10**40])
def test_a_number_that_nothing_has_is_named(world: World, number: int) -> None:
    with pytest.raises(InputError, match=f"没有编号为 {number} 的报送件"):
        told(world, number)


def test_two_hundred_polls_are_one_line_with_the_first_and_the_last(world: World) -> None:
    """Some are interrupted by other news, which stays where it was."""
    start = world.clock.now()

    def poll(minute: int, outcome: str = "received") -> dict[str, Any]:
        at = (start + timedelta(minutes=minute)).isoformat()
        return {
            "purpose": "poll",
            "request_started_at": at,
            "finished_at": at,
            "outcome": outcome,
            "code": "",
            "message": "",
        }

    polls = [*(poll(one) for one in range(150)), poll(150, "in_doubt")]
    polls += [poll(one) for one in range(151, 200)]
    nothing: dict[str, Any] = {"versions": [], "duties": [], "receipts": [], "actions": []}
    undecided: dict[str, Any] = {"withdrawal": None, "take_down": None, "reviews": []}
    events = in_order_of_time({**nothing, **undecided, "attempts_made": polls})
    lines = list(folded(events))
    assert [one["times"] for one in lines] == [150, 1, 49]
    assert lines[0]["at"] == start.isoformat()
    assert lines[0]["last_at"] == polls[149]["request_started_at"]


def test_a_persons_actions_are_never_folded(world: World) -> None:
    world.add(1)
    for _ in range(3):
        act(world, operations.retry, 1)
    lines = list(folded(told(world)["events"]))
    assert sum(one.get("action") == "submission.brought_forward" for one in lines) == 3
