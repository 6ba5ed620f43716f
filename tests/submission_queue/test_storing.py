"""A database that goes away: no answer is dropped, and nothing unsure is taken for unsent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.submission_queue.mishaps import ShakyDatabase, shaky
from tests.submission_queue.world import World, accepted, reply, with_capabilities
from xinqiao.adapters.base import Outcome
from xinqiao.audit.verification.chain import verify
from xinqiao.errors import BusyError
from xinqiao.queue import batches, claims
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State

FOR_EVER = 10**6
LEASE_IS_OVER = 61


def upset_from_the_call_on(
    world: World, line: ShakyDatabase, upset: Callable[[ShakyDatabase], None]
) -> None:
    world.connector.on_call = lambda: upset(line)


def away(times: int) -> Callable[[ShakyDatabase], None]:
    def upset(line: ShakyDatabase) -> None:
        line.away = times

    return upset


def unheard(line: ShakyDatabase) -> None:
    line.unheard = 1


def test_an_answer_is_stored_once_the_database_is_back(world: World) -> None:
    world.add(1)
    world.connector.answers = [accepted]
    with shaky(world) as line:
        upset_from_the_call_on(world, line, away(3))
        done = deliver(replace(world.worker, database=line), world.platform)
        assert line.away == 0
    assert done.reached == {State.ACCEPTED: 1}
    assert world.duties()[0].closed_by == "accepted"
    assert len(world.connector.sent) == 1


def test_a_database_that_stays_away_past_the_lease_leaves_a_doubt_and_no_failure(
    world: World,
) -> None:
    world.add(1)
    world.connector.answers = [accepted]
    before = world.clock.elapsed()
    with shaky(world) as line:
        upset_from_the_call_on(world, line, away(FOR_EVER))
        with pytest.raises(BusyError):
            deliver(replace(world.worker, database=line), world.platform)
    assert 60 <= world.clock.elapsed() - before < 90, "it is tried as long as the lease lasts"
    assert world.states() == ["sending"]
    world.clock.advance(LEASE_IS_OVER)
    deliver(world.another_worker("two"), world.platform)
    assert world.states() == ["in_doubt"]
    assert len(world.connector.sent) == 1
    with_capabilities(world, poll=False)
    world.connector.holds(world.connector.sent[0], 1)
    resolve_doubts(world.another_worker("two"), world.platform)
    assert world.states() == ["accepted"]


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.RETRYABLE, Outcome.IN_DOUBT])
def test_a_commit_of_which_nobody_heard_counts_once(world: World, outcome: Outcome) -> None:
    world.add(1)
    world.connector.answers = [accepted if outcome is Outcome.ACCEPTED else reply(outcome)]
    with shaky(world) as line:
        upset_from_the_call_on(world, line, unheard)
        deliver(replace(world.worker, database=line), world.platform)
        assert line.unheard == 0
    expected = {Outcome.ACCEPTED: "accepted", Outcome.IN_DOUBT: "in_doubt"}.get(outcome, "ready")
    assert world.states() == [expected]
    assert world.audited().count(f"submission.{expected}") == 1
    assert world.counted() == {expected: 1}
    assert len(world.receipts()) == (outcome is Outcome.ACCEPTED)
    with world.database.reading() as connection:
        assert verify(connection).ok


@pytest.mark.parametrize("transaction", ["claim", "begin"])
def test_nothing_is_sent_when_it_is_not_known_whether_the_beginning_was_stored(
    world: World, transaction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It did not leave, so it is ready again and bears no trace of a batch."""
    world.add(1)
    world.connector.answers = [accepted]
    real_seal = batches.seal
    with shaky(world) as line:

        def seal(*arguments: Any, **further: Any) -> batches.Sealed:
            line.unheard = 1  # of the transaction that follows
            return real_seal(*arguments, **further)

        if transaction == "claim":
            line.unheard = 1
        else:
            monkeypatch.setattr(batches, "seal", seal)
        with pytest.raises(BusyError):
            deliver(replace(world.worker, database=line), world.platform)
        assert line.unheard == 0
    monkeypatch.undo()
    assert world.connector.sent == []
    world.clock.advance(LEASE_IS_OVER)
    deliver(world.another_worker("two"), world.platform)
    assert world.states() == ["accepted"], "it never left: no doubt, no question"
    (row,) = world.submissions()
    assert (row.attempts, row.deaths) == (1, 0)


def test_what_is_given_back_bears_no_trace_of_a_sending_that_may_have_been_stored(
    world: World,
) -> None:
    world.add(1)
    worker = world.worker
    with world.database.writing() as connection:
        tickets = claims.claim(connection, world.platform, worker.lease, world.cause())
    world.force(State.SENDING, request_started_at=world.clock.now(), attempts=1, row_number=1)
    with world.database.writing() as connection:
        claims.give_back(connection, tickets, world.cause())
    (row,) = world.submissions()
    assert (row.state, row.request_started_at, row.row_number) == ("ready", None, None)
    assert (row.attempts, row.deaths) == (0, 0)
