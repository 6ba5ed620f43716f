"""What operators do: all of it or none, audited, never blind to what may have left."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.reconcile.receiving import again, receive
from tests.submission_queue.world import World, accepted, reply, with_capabilities
from tests.support import same_database
from xinqiao.adapters.base import (
    BatchProgress,
    BatchReport,
    KeyReport,
    Outcome,
    Reply,
    RowResult,
    SealedBatch,
)
from xinqiao.database.tables import submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import operations
from xinqiao.queue.confirming import Answer, confirm_delivery
from xinqiao.queue.deliveries import find_delivery
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence, Resolution
from xinqiao.queue.platforms import Withdrawal, pause
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.queue.transitions import Move, advance
from xinqiao.queue.withdrawal import Revocation, withdraw

EVIDENCE = Evidence("平台截图.png", "0" * 64)


def act(world: World, verb: Callable[..., None], *ids: int, **further: Any) -> None:
    with world.database.writing() as connection:
        verb(connection, ids, world.cause("科长同意"), **further)


def claim(world: World, connection: Connection) -> None:
    """Do what a worker's claim does to the row, in a transaction that is still open."""
    values = {"fence": 1, "lease_owner": "one", "lease_until": world.clock.now()}
    move = Move(1, State.READY, State.SENDING, 0, values=values)
    assert advance(connection, [move], world.cause())


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
    world: World, verb: Callable[..., None]
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


def contradicted(world: World) -> None:
    """Have the platform accept the first delivery and go back on it."""
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    for outcome in (Outcome.ACCEPTED, Outcome.REJECTED):
        receive_again(world, RowResult(1, outcome, "9", "说法"))
    assert world.states() == ["conflict"]


def contradict(world: World, number: int) -> None:
    """Put one accepted submission where a refusal after the acceptance puts it."""
    with world.database.writing() as connection:
        move = Move(number, State.ACCEPTED, State.CONFLICT, world.submissions()[number - 1].fence)
        assert advance(connection, [move], world.cause())


def receive_again(world: World, *rows: RowResult) -> None:
    world.clock.advance(10)
    again(world)
    receive(world, BatchProgress.PENDING, *rows)


def find(world: World, resolution: Resolution) -> None:
    act(world, operations.resolve, 1, resolution=resolution, evidence=EVIDENCE)


@pytest.mark.parametrize("by_way_of", ["conflict", "held"])
@pytest.mark.parametrize(
    ("resolution", "state"), [(Resolution.REJECTED, "rejected"), (Resolution.ABSENT, "ready")]
)
def test_an_acceptance_that_does_not_stand_is_owed_again_and_not_believed(
    world: World, resolution: Resolution, state: str, by_way_of: str
) -> None:
    contradicted(world)
    if by_way_of == "held":
        act(world, operations.hold, 1)
    find(world, resolution)
    assert world.states() == [state]
    (place,) = world.holdings()
    assert (place.held_version, place.held_key) == (None, None)
    assert [(one.closed_at, one.closed_by, one.reported_at) for one in world.duties()] == [
        (None, None, None)
    ]
    assert "duty.reopened" in world.audited()


def test_what_is_absent_after_an_acceptance_is_sent_again_and_reported(world: World) -> None:
    contradicted(world)
    find(world, Resolution.ABSENT)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert (world.states(), len(world.connector.sent)) == (["accepted"], 2)
    assert world.holdings()[0].held_version == 1
    assert world.duties()[0].closed_by == "accepted"


@pytest.mark.parametrize("ends", ["refused", "given up"])
def test_what_was_refused_after_an_acceptance_can_be_tried_again(world: World, ends: str) -> None:
    contradicted(world)
    if ends == "refused":
        find(world, Resolution.REJECTED)
    else:
        act(world, operations.cancel, 1)
    assert world.duties()[0].closed_at is None
    act(world, operations.retry, 1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert world.states()[1:] == ["accepted"]


def test_a_correction_follows_an_acceptance_that_did_not_stand_as_new(world: World) -> None:
    contradicted(world)
    (record,) = world.records()
    world.version(record.id, 2, content="改")
    find(world, Resolution.REJECTED)
    rows = [(one.operation, one.version, one.state) for one in world.submissions()]
    assert rows == [("insert", 1, "rejected"), ("insert", 2, "ready")]


def test_an_update_that_does_not_stand_leaves_the_version_before_it(world: World) -> None:
    world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    (record,) = world.records()
    world.version(record.id, 2, content="改")
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    reported = [one.reported_at for one in world.duties() if one.version == 1]
    contradict(world, 2)
    act(world, operations.resolve, 2, resolution=Resolution.ABSENT, evidence=EVIDENCE)
    (place,) = world.holdings()
    assert (place.held_version, place.held_key is None) == (1, False)
    assert [one.state for one in world.submissions()] == ["accepted", "ready"]
    assert [one.reported_at for one in world.duties() if one.version == 1] == reported
    assert {one.closed_at for one in world.duties() if one.version == 2} <= {None}


def test_a_withdrawal_that_does_not_stand_leaves_the_record_held_and_is_asked_for_again(
    world: World,
) -> None:
    world.withdrawals = {"permit": Withdrawal.OPERATION}
    world.add(1)
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        revoked = Revocation(date(2026, 11, 19), "云交撤〔2026〕1号")
        (record,) = connection.execute(sa.select(submission.c.record_id)).scalars()
        withdraw(connection, world.planner(), record, revoked, world.cause("更正登记"))
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert world.holdings()[0].held_version is None
    contradict(world, 2)
    act(world, operations.resolve, 2, resolution=Resolution.ABSENT, evidence=EVIDENCE)
    assert world.holdings()[0].held_version == 1
    assert [one.state for one in world.submissions()] == ["accepted", "ready"]
    assert [one.version for one in world.duties() if one.closed_at is None] == [
        one.version for one in world.duties() if one.version > 1
    ]


def test_what_never_was_accepted_takes_nothing_back(world: World) -> None:
    world.add(1)
    world.force(State.CONFLICT, request_started_at=world.clock.now())
    find(world, Resolution.REJECTED)
    assert world.states() == ["rejected"]
    assert "duty.reopened" not in world.audited()


def in_doubt(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout", message="没有应答")]
    deliver(world.worker, world.platform)
    world.clock.advance(3600)


def test_hold_stops_the_asking_about_a_doubt_until_a_person_resolves_it(world: World) -> None:
    in_doubt(world)
    act(world, operations.hold, 1)
    resolve_doubts(world.worker, world.platform)
    assert (world.states(), world.connector.asked) == (["held"], [])
    with pytest.raises(RefusedError, match="queue resolve"):
        act(world, operations.release, 1)
    act(world, operations.resolve, 1, resolution=Resolution.ABSENT, evidence=EVIDENCE)
    assert world.states() == ["ready"]


def test_a_held_one_remembers_why_and_what_was_said_before(world: World) -> None:
    in_doubt(world)
    act(world, operations.hold, 1)
    assert world.submissions()[0].message == "人工挂起：科长同意（此前：没有应答）"


def test_an_identity_number_in_a_reason_is_masked_at_the_submission(world: World) -> None:
    world.add(1)
    with world.database.writing() as connection:
        operations.hold(connection, [1], world.cause("当事人 370323190711118764 异议"))
    message = world.submissions()[0].message
    assert message.startswith("人工挂起：当事人")
    assert "19071111" not in message


def test_release_makes_it_due_at_once_and_forgets_why_it_was_held(world: World) -> None:
    world.add(1)
    act(world, operations.hold, 1)
    world.clock.advance(600)
    act(world, operations.release, 1)
    (row,) = world.submissions()
    assert (row.state, row.next_attempt_at) == ("ready", world.clock.now())
    assert (row.message, row.waits_for) == ("", "")


def test_retry_says_that_a_person_brought_it_forward(world: World) -> None:
    in_doubt(world)
    act(world, operations.retry, 1)
    assert world.submissions()[0].waits_for == "by_hand"


@pytest.mark.parametrize("verb", [operations.release, operations.cancel])
def test_a_newer_version_that_waited_for_a_held_one_is_not_forgotten(
    world: World, verb: Callable[..., None]
) -> None:
    (record_id,) = world.add(1)
    act(world, operations.hold, 1)
    world.version(record_id, 2, content="改过的内容")
    assert world.states() == ["held"]
    act(world, verb, 1)
    assert [(row.version, row.state) for row in world.submissions()] == [
        (1, "cancelled"),
        (2, "ready"),
    ]


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_number_that_cannot_be_is_unknown_like_any_other(world: World, number: int) -> None:
    with pytest.raises(InputError, match=f"没有编号为 {number} 的报送件"):
        act(world, operations.hold, number)


@pytest.mark.parametrize("verb", [operations.hold, operations.cancel])
def test_a_stop_that_comes_while_a_worker_claims_is_refused_with_a_word(
    world: World, verb: Callable[..., None]
) -> None:
    """The claim is not committed when the person acts: the action waits, then sees it."""
    world.add(1)
    theirs = same_database(world.database, 30)
    begun = Event()

    def stop() -> None:
        begun.set()
        with theirs.writing() as connection:
            verb(connection, [1], world.cause("停"))

    with ThreadPoolExecutor(1) as person:
        with world.database.writing() as connection:
            claim(world, connection)
            acting = person.submit(stop)
            assert begun.wait(10)
        with pytest.raises(RefusedError, match="报送中"):
            acting.result(30)
    theirs.close()
    assert world.states() == ["sending"]


@pytest.mark.parametrize(
    ("verb", "state"), [(operations.hold, "held"), (operations.cancel, "cancelled")]
)
def test_a_stop_that_comes_before_the_claim_really_stops(
    world: World, verb: Callable[..., None], state: str
) -> None:
    """The stop is not committed when the worker claims: the worker waits, then finds nothing."""
    world.add(1)
    theirs = same_database(world.database, 30)
    begun = Event()

    def work() -> None:
        begun.set()
        deliver(world.another_worker("two"), world.platform)

    with ThreadPoolExecutor(1) as worker:
        with theirs.writing() as connection:
            verb(connection, [1], world.cause("停"))
            working = worker.submit(work)
            assert begun.wait(10)
        working.result(30)
    theirs.close()
    assert (world.states(), world.connector.sent) == ([state], [])


@pytest.mark.parametrize("answer", ["found", "nothing", "silence"])
@pytest.mark.parametrize("verb", ["absent", "hold"])
def test_a_persons_word_stands_against_a_worker_that_is_asking(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, verb: str
) -> None:
    in_doubt(world)
    with_capabilities(world, poll=False)
    if answer == "found":
        world.connector.holds(world.connector.sent[0], 1)
    world.connector.reachable = answer != "silence"
    ask = world.connector.query

    def while_it_asks(kind: str, key: str) -> KeyReport:
        if verb == "hold":
            act(world, operations.hold, 1)
        else:
            act(world, operations.resolve, 1, resolution=Resolution.ABSENT, evidence=EVIDENCE)
        return ask(kind, key)

    monkeypatch.setattr(world.connector, "query", while_it_asks)
    resolve_doubts(world.worker, world.platform)
    (row,) = world.submissions()
    assert row.state == ("held" if verb == "hold" else "ready")
    assert row.lease_owner is None
    assert row.questions == 0
    if verb == "absent":
        assert row.next_attempt_at == world.clock.now()


def test_a_pause_takes_effect_on_a_running_pass_at_its_next_claim(world: World) -> None:
    world.add(1, 2, 3)
    world.rows_per_batch = 1

    def answer(_batch: object) -> Reply:
        with world.database.writing() as connection:
            pause(connection, world.platform.id, world.cause("平台维护"))
        return Reply(Outcome.RECEIVED)

    world.connector.answers = [answer]
    deliver(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt", "ready", "ready"]


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


@pytest.mark.parametrize("way", ["resolve", "confirm"])
def test_what_is_being_sent_again_is_not_freed_to_be_sent_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    world.add(1, 2)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout"), accepted]
    deliver(world.worker, world.platform)
    world.clock.advance(3600)
    with_capabilities(world, poll=False, query=False, deduplicates=True)
    submit = world.connector.submit

    def while_it_sends(batch: SealedBatch, send_before: float) -> Reply:
        with pytest.raises(RefusedError, match="正在核实"):
            says_it_is_not_there(world, way, batch)
        return submit(batch, send_before)

    monkeypatch.setattr(world.connector, "submit", while_it_sends)
    resolve_doubts(world.worker, world.platform)
    assert (world.states(), len(world.connector.sent)) == (["accepted", "accepted"], 2)


def says_it_is_not_there(world: World, way: str, batch: SealedBatch) -> None:
    if way == "resolve":
        find(world, Resolution.ABSENT)
    else:
        refuse_as_a_whole(world, batch)


def refuse_as_a_whole(world: World, batch: SealedBatch) -> None:
    """Hand in a result file that refuses a whole delivery."""
    refused = Reply(Outcome.REJECTED, "4001", "整批退回")
    report = BatchReport(BatchProgress.REFUSED, refused)
    with world.database.writing() as connection:
        delivery = find_delivery(connection, batch.number)
        answer = Answer(report, "", EVIDENCE, spelled_out=False)
        confirm_delivery(connection, world.worker, delivery, answer, world.cause("平台来电"))
