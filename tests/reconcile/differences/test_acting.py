"""What a person has done about a difference goes through the queue, and only when it is proven."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from tests.reconcile.ledger_stands import (
    BREAKS,
    compare,
    document,
    ledger_of,
    report,
    send,
    settle_down,
    took,
)
from tests.submission_queue.world import World, reply
from xinqiao.adapters.base import Operation, Outcome
from xinqiao.database.tables import difference, difference_event
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.holdings import replan
from xinqiao.queue.operations import Evidence
from xinqiao.queue.states import State
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.differences.desk import DifferenceDesk
from xinqiao.reconcile.differences.unanswered import note_unanswered

PROOF = Evidence("答复.png", "ab" * 32)


def desk(world: World) -> DifferenceDesk:
    @contextmanager
    def acting(reason: str) -> Iterator[tuple[object, object]]:
        with world.database.writing() as connection:
            yield connection, world.cause(reason)

    return DifferenceDesk(world.database, world.keys, acting)  # type: ignore[arg-type]  # what it yields is narrower


def only(world: World) -> int:
    (row,) = [row for row in world.rows(difference) if row.closed_at is None]
    return int(row.id)


def act(world: World, action: str) -> None:
    desk(world).act(only(world), action, "核对过", [PROOF])


def missing(world: World) -> None:
    """Have one record accepted that the ledger, read to its end, does not show."""
    report(world, 1)
    settle_down(world)
    compare(world)


def sent(world: World) -> list[Operation]:
    return [batch.operation for batch in world.connector.sent]


# resend


def test_what_is_proven_missing_is_owed_and_sent_again(office: World) -> None:
    missing(office)
    assert [duty.closed_by for duty in office.duties()] == ["accepted"]
    act(office, "resend")
    assert [duty.closed_by for duty in office.duties()] == [None]
    assert office.states() == ["cancelled", "ready"]
    assert office.holdings()[0].held_version is None
    send(office, took())
    assert sent(office) == [Operation.INSERT, Operation.INSERT]
    assert office.states() == ["cancelled", "accepted"]
    assert office.counted() == {"cancelled": 1, "accepted": 1}
    assert [duty.closed_by for duty in office.duties()] == ["accepted"]
    ledger_of(office).shows(1)
    settle_down(office)
    assert compare(office).clean
    send(office)
    assert len(sent(office)) == 2


def test_what_was_done_is_kept_with_reason_and_evidence(office: World) -> None:
    missing(office)
    act(office, "resend")
    (row,) = office.rows(difference)
    assert row.closed_by == "resend"
    acted = office.rows(difference_event)[-1]
    assert (acted.what, acted.action, acted.reason) == ("acted", "resend", "核对过")
    assert acted.evidence == [{"file": "答复.png", "sha256": "ab" * 32}]
    told = office.audited()
    for action in ("difference.acted", "holding.disproved", "duty.reopened"):
        assert told.count(action) == 1


def test_a_file_named_by_an_identity_number_is_kept_without_it(office: World) -> None:
    missing(office)
    proof = Evidence("370323190711118764.png", "ab" * 32)
    desk(office).act(only(office), "resend", "核对过", [proof])
    assert "370323190711118764" not in str(office.rows(difference_event))


def test_what_is_missing_once_more_after_the_resend_is_the_same_difference_reopened(
    office: World,
) -> None:
    missing(office)
    act(office, "resend")
    send(office, took())
    settle_down(office)
    compare(office)
    (row,) = office.rows(difference)
    assert (row.closed_at, row.times) == (None, 2)
    act(office, "resend")
    send(office, took())
    assert len(sent(office)) == 3


@pytest.mark.parametrize(
    "state", [State.IN_DOUBT, State.HELD, State.AWAITING_RECEIPT, State.READY, State.CONFLICT]
)
def test_nothing_is_sent_again_while_something_is_under_way_or_in_doubt(
    office: World, state: State
) -> None:
    missing(office)
    office.force(state)
    refused(office, "resend", "有了结果才能处置")
    assert office.states() == [state]


@pytest.mark.parametrize("manner", sorted(BREAKS))
def test_nothing_is_sent_again_once_the_ledger_was_cut(office: World, manner: str) -> None:
    missing(office)
    ledger_of(office).shows_foreign("外〔2026〕1号", "SD-77")
    ledger_of(office).breaks = {1: BREAKS[manner]}
    number = only(office)
    settle_down(office)
    assert compare(office).incomplete
    with pytest.raises(RefusedError, match="没有读全"):
        desk(office).act(number, "resend", "核对过", [])
    assert office.states() == ["accepted"]
    assert [duty.closed_by for duty in office.duties()] == ["accepted"]


def test_nothing_is_sent_again_that_changed_since_the_ledger_was_read(office: World) -> None:
    missing(office)
    (row,) = office.holdings()
    office.clock.advance(60)
    office.version(row.record_id, 2, 1, content="改")
    send(office, took())
    refused(office, "resend", "再执行 xinqiao reconcile")


def test_nothing_is_sent_again_on_a_proof_that_the_last_reading_did_not_repeat(
    office: World,
) -> None:
    missing(office)
    office.clock.advance(timedelta(days=40).total_seconds())
    later = office.clock.now().date()
    compare(office, later, later)
    with pytest.raises(RefusedError, match="--full 再对一次"):
        act(office, "resend")
    assert office.states() == ["accepted"]


def test_a_refusal_changes_nothing_and_is_audited(office: World) -> None:
    missing(office)
    refused(office, "withdraw", "不能请平台撤下")
    assert office.audited()[-1] == "difference.act_refused"
    with pytest.raises(InputError, match="没有编号为 99"):
        desk(office).act(99, "resend", "核对过", [])


def test_a_difference_that_is_closed_is_not_acted_on_twice(office: World) -> None:
    missing(office)
    number = only(office)
    act(office, "resend")
    with pytest.raises(RefusedError, match="已经办结"):
        desk(office).act(number, "resend", "再来", [])
    assert len(office.submissions()) == 2


def refused(world: World, action: str, why: str) -> None:
    """Try an action in vain; what is known of records stays as it was."""
    before = world.submissions(), world.holdings(), world.duties(), world.rows(difference)
    with pytest.raises(RefusedError, match=why):
        act(world, action)
    assert (world.submissions(), world.holdings(), world.duties(), world.rows(difference)) == before


# correct


def test_our_version_goes_over_what_the_platform_shows_otherwise(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows(1, XK_NR="别的")
    settle_down(office)
    compare(office)
    act(office, "correct")
    # an import of the same changes nothing about it
    with office.database.writing() as connection:
        (row,) = office.holdings()
        replan(connection, [(row.record_id, row.platform)], office.cause())
    send(office, took())
    assert sent(office) == [Operation.INSERT, Operation.UPDATE]
    assert office.connector.sent[-1].rows[0].values["XK_NR"] == "道路普通货物运输"
    assert not office.holdings()[0].differs
    assert [duty.closed_by for duty in office.duties()] == ["accepted"]
    ledger_of(office).shows(1)
    settle_down(office)
    assert compare(office).clean
    send(office)
    assert len(sent(office)) == 2


def test_what_was_refused_and_shows_all_the_same_is_overwritten(office: World) -> None:
    report(office, 1)
    office.force(State.REJECTED)
    with office.database.writing() as connection:
        connection.exec_driver_sql("UPDATE holding SET held_version = NULL, held_key = NULL")
    ledger_of(office).shows(1, XK_NR="别的")
    settle_down(office)
    compare(office)
    act(office, "correct")
    send(office, took())
    assert sent(office)[-1] is Operation.UPDATE
    assert office.holdings()[0].held_version == 1


# withdraw


def test_what_was_withdrawn_and_shows_as_valid_is_withdrawn_once_more(office: World) -> None:
    (record_id,) = report(office, 1)
    revoked = Revocation(date(2026, 11, 19), "撤〔2026〕1号")
    with office.database.writing() as connection:
        withdraw(connection, office.planner(), record_id, revoked, office.cause("撤销"))
    send(office, took())
    with office.database.writing() as connection:
        # as where the platform deletes instead of marking void
        connection.exec_driver_sql("UPDATE holding SET held_key = NULL")
    ledger_of(office).shows(1, XK_ZT="1")
    settle_down(office)
    compare(office)
    (row,) = [row for row in office.rows(difference) if row.closed_at is None]
    assert row.details["why"] == "withdrawn"
    act(office, "withdraw")
    send(office, took())
    assert len(sent(office)) == 3
    assert office.connector.sent[-1].rows[0].key == document(1)
    assert office.holdings()[0].held_version is None


# accept theirs


def test_a_stranger_is_closed_with_a_reason_and_nothing_is_sent(office: World) -> None:
    ledger_of(office).shows_foreign("外〔2026〕1号", "SD-77")
    compare(office)
    refused(office, "withdraw", "请平台撤下后|查明是谁报的")
    act(office, "accept-theirs")
    assert compare(office).clean
    assert sent(office) == []


def test_what_has_no_answer_is_told_once_and_closes_with_the_answer(office: World) -> None:
    office.add(1)
    send(office, reply(Outcome.RECEIVED))
    (submission,) = office.submissions()
    for _ in range(2):
        note_unanswered(office.worker, office.platform.id, [submission.id])
    (row,) = office.rows(difference)
    assert (row.what, row.times, row.suggested) == ("no_answer", 1, "chase")
    refused(office, "resend", "queue resolve")
    note_unanswered(office.worker, office.platform.id, [])
    assert office.rows(difference)[0].closed_by == "gone"
