"""A platform's answer that a person records is a receipt: settled the same way, all or nothing."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import World, accepted, reply
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult
from xinqiao.database.tables import attempt, audit, submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import claims
from xinqiao.queue.confirming import Answer, Confirmed, Said, confirm_delivery, said_of
from xinqiao.queue.deliveries import find_delivery, waiting_deliveries
from xinqiao.queue.delivery import deliver
from xinqiao.queue.operations import Evidence
from xinqiao.queue.states import State

SHOWN = Evidence("截图.png", "0" * 64)
ALL_TAKEN = Said(accepted=True, rejected=None, rows=frozenset())


def sent(world: World, *numbers: int, outcome: Outcome = Outcome.RECEIVED) -> None:
    world.add(*numbers)
    world.connector.answers = [reply(outcome)]
    deliver(world.worker, world.platform)


def first_batch(world: World) -> str:
    return world.connector.sent[0].number


def confirm(world: World, said: Said = ALL_TAKEN) -> Confirmed:
    with world.database.writing() as connection:
        delivery = find_delivery(connection, first_batch(world))
        answer = Answer(said_of(connection, delivery, said), "", SHOWN, spelled_out=True)
        return confirm_delivery(connection, world.worker, delivery, answer, world.cause("平台来电"))


def hand_in(world: World, progress: BatchProgress, *rows: RowResult, raw: bytes = b"") -> Confirmed:
    """Record what a file of the platform says."""
    report = BatchReport(progress, Reply(Outcome.RECEIVED, "file", "结果", raw=raw), tuple(rows))
    with world.database.writing() as connection:
        delivery = find_delivery(connection, first_batch(world))
        answer = Answer(report, "", SHOWN, spelled_out=False)
        return confirm_delivery(connection, world.worker, delivery, answer, world.cause())


def rejected(*rows: int) -> Said:
    return Said(accepted=False, rejected="主体不存在", rows=frozenset(rows))


@pytest.mark.parametrize("state", [State.AWAITING_RECEIPT, State.IN_DOUBT, State.HELD])
def test_whatever_waits_for_the_platforms_word_is_settled_by_it(world: World, state: State) -> None:
    sent(world, 1, 2)
    world.force(state)
    done = confirm(world)
    assert (done.reached, done.unanswered) == ({State.ACCEPTED: 2}, 0)
    assert world.states() == ["accepted", "accepted"]
    assert [one.held_version for one in world.holdings()] == [1, 1]
    assert {one.closed_by for one in world.duties()} == {"accepted"}
    assert [one.code for one in world.receipts()] == ["by_hand", "by_hand"]


def test_who_recorded_it_on_what_evidence_stands_in_the_log(world: World) -> None:
    sent(world, 1)
    confirm(world)
    (entry,) = world.rows(audit, audit.c.action == "submission.confirmed_by_hand")
    for part in ("张科员", "平台来电", "截图.png", "0" * 64, first_batch(world)):
        assert part in entry.body
    assert "delivery.confirmed" in world.audited()


def test_rows_that_nobody_spoke_of_go_on_waiting(world: World) -> None:
    sent(world, 1, 2, 3)
    done = confirm(world, rejected(2))
    assert (done.reached, done.unanswered) == ({State.REJECTED: 1}, 2)
    assert world.states() == ["awaiting_receipt", "rejected", "awaiting_receipt"]


def test_a_late_acceptance_overrides_a_refusal(world: World) -> None:
    sent(world, 1)
    confirm(world, rejected())
    confirm(world)
    assert world.states() == ["accepted"]


def test_a_refusal_after_an_acceptance_is_a_conflict(world: World) -> None:
    sent(world, 1, 2)
    confirm(world)
    confirm(world, rejected(1))
    assert world.states() == ["conflict", "accepted"]


def test_a_contradiction_beside_the_next_version_is_kept_as_a_receipt(world: World) -> None:
    sent(world, 1)
    confirm(world)
    (record_id,) = [row.id for row in world.records()]
    world.version(record_id, 2, content="改")
    done = confirm(world, rejected())
    assert done.reached == {}
    assert world.states() == ["accepted", "ready"]
    assert [one.verdict for one in world.receipts()] == ["accepted", "rejected"]


def test_the_same_again_changes_nothing_and_is_not_noted_twice(world: World) -> None:
    sent(world, 1)
    confirm(world)
    before = (world.audited(), len(world.receipts()))
    again = confirm(world)
    assert not again.changed
    assert (world.audited(), len(world.receipts())) == before


def test_one_row_that_does_not_fit_refuses_all_of_what_a_person_says(world: World) -> None:
    sent(world, 1, 2)
    with world.database.writing() as connection:
        gone = sa.update(submission).where(submission.c.id == 2)
        connection.execute(gone.values(state="sending"))
    with pytest.raises(RefusedError, match="正在报送"):
        confirm(world)
    assert world.states() == ["awaiting_receipt", "sending"]
    assert world.receipts() == []


def test_a_row_outside_of_the_delivery_refuses_all_of_it(world: World) -> None:
    sent(world, 1)
    with pytest.raises(InputError, match="没有第 7 行"):
        hand_in(world, BatchProgress.COMPLETE, accepted_row(1), accepted_row(7))
    assert world.states() == ["awaiting_receipt"]


def accepted_row(number: int) -> RowResult:
    return RowResult(number, Outcome.ACCEPTED, "0", "成功", f"SD{number}")


def test_a_row_that_was_to_be_sent_anew_is_held_by_a_late_acceptance_and_the_others_are_settled(
    world: World,
) -> None:
    sent(world, 1, 2)
    with world.database.writing() as connection:
        anew = sa.update(submission).where(submission.c.id == 2)
        connection.execute(anew.values(state="ready", **claims.UNSENT))
    done = hand_in(world, BatchProgress.COMPLETE, accepted_row(1), accepted_row(2))
    assert done.reached == {State.ACCEPTED: 1, State.HELD: 1}
    assert (done.left_alone, done.sent_anew) == ((), (2,))
    assert world.states() == ["accepted", "held"]
    assert world.submissions()[1].code == "answered_earlier"
    # it is the delivery's row again: a person's word about that one settles it
    assert confirm(world).reached == {State.ACCEPTED: 1}
    assert {one.batch_id for one in world.receipts()} == {1}


@pytest.mark.parametrize("spoken", [True, False])
def test_a_late_answer_to_a_delivery_that_was_sent_anew_is_kept_with_that_delivery(
    world: World, spoken: bool
) -> None:
    sent(world, 1)
    with world.database.writing() as connection:
        anew = sa.update(submission).where(submission.c.id == 1)
        connection.execute(anew.values(state="ready", **claims.UNSENT))
    world.connector.answers = [reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    late = accepted_row(1)
    done = confirm(world) if spoken else hand_in(world, BatchProgress.COMPLETE, late, raw=b"x")
    assert (done.reached, done.sent_anew, done.changed) == ({}, (1,), True)
    assert world.states() == ["awaiting_receipt"]
    assert [(one.batch_id, one.verdict) for one in world.receipts()] == [(1, "accepted")]
    assert "delivery.confirmed" in world.audited()


def test_what_a_file_calls_a_duplicate_is_for_a_person_to_compare(world: World) -> None:
    sent(world, 1)
    hand_in(world, BatchProgress.COMPLETE, RowResult(1, Outcome.DUPLICATE, "2", "已存在"))
    assert world.states() == ["conflict"]


def test_a_file_that_refuses_the_delivery_frees_the_rows_that_it_does_not_name(
    world: World,
) -> None:
    sent(world, 1, 2)
    done = hand_in(world, BatchProgress.REFUSED, RowResult(2, Outcome.REJECTED, "1", "必填项为空"))
    assert done.reached == {State.READY: 1, State.REJECTED: 1}
    world.connector.answers = [accepted]
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted", "rejected"]


def test_the_file_itself_is_kept_encrypted(world: World) -> None:
    sent(world, 1)
    hand_in(world, BatchProgress.COMPLETE, accepted_row(1), raw=b"the file")
    (kept,) = world.rows(attempt, attempt.c.purpose == "poll")
    assert b"the file" not in kept.evidence
    plain = world.keys.decrypt(kept.key_id, kept.evidence, f"attempt/{kept.id}")
    assert plain == b"the file"


@pytest.mark.parametrize("progress", [BatchProgress.NO_ANSWER, BatchProgress.UNKNOWN_BATCH])
def test_a_file_that_is_no_answer_records_nothing(world: World, progress: BatchProgress) -> None:
    sent(world, 1)
    before = world.audited()
    with pytest.raises(InputError, match="不能用"):
        hand_in(world, progress, raw=b"x")
    assert world.audited() == before


def test_a_persons_word_stands_against_a_worker_that_is_asking(world: World) -> None:
    sent(world, 1, outcome=Outcome.IN_DOUBT)
    world.clock.advance(75)
    with world.database.writing() as connection:
        now = world.clock.now()
        claimed = claims.claim_in_doubt(connection, world.platform.id, world.worker.lease, now, now)
    assert claimed is not None
    (_, asked) = claimed
    confirm(world)
    with world.database.writing() as connection:
        assert not claims.renew(connection, asked, world.worker.lease, world.clock.now())
        claims.postpone(connection, [(one, world.clock.now(), 9, "backoff") for one in asked])
    (one,) = world.submissions()
    assert (one.state, one.questions, one.waits_for) == ("accepted", 0, "")


def test_what_the_platform_said_of_one_row_may_hold_an_identity_number_and_is_masked(
    world: World,
) -> None:
    sent(world, 1)
    said = Said(accepted=False, rejected="证件 370323190711118764 不存在", rows=frozenset({1}))
    confirm(world, said)
    texts: list[Any] = [world.submissions()[0].message, world.receipts()[0].message]
    texts += [row.body for row in world.rows(audit)]
    assert not [text for text in texts if "370323190711118764" in text]


def test_a_delivery_is_found_by_number_beginning_or_serial(world: World) -> None:
    sent(world, 1)
    number = first_batch(world)
    with world.database.writing() as connection:
        assert find_delivery(connection, f" {number} ").number == number
        assert find_delivery(connection, number[:8]).number == number
        with pytest.raises(InputError, match="没有批次"):
            find_delivery(connection, number[:3])
        with pytest.raises(InputError, match="没有批次"):
            find_delivery(connection, "%%%%%%%%")


def test_of_several_deliveries_with_one_beginning_none_is_chosen(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, 2)
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE batch SET number = 'XQ00000' || id")
        with pytest.raises(InputError, match="不止一个"):
            find_delivery(connection, "XQ0000")


def test_only_what_waits_for_a_person_is_listed_the_most_urgent_first(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, decision_date="2026-11-18")
    world.add(2, decision_date="2026-11-10")
    world.add(3)
    deliver(world.worker, world.platform)
    with world.database.writing() as connection:
        held = sa.update(submission).where(submission.c.id == 1)
        connection.execute(held.values(state="held"))
        decided = sa.update(submission).where(submission.c.id == 3)
        connection.execute(decided.values(state="accepted"))
        by_hand = waiting_deliveries(connection, ())
        asked = waiting_deliveries(connection, (world.platform.id,))
    assert [(one.waiting, one.held) for one in by_hand] == [(1, 0), (1, 1)]
    assert by_hand[0].due_at < by_hand[1].due_at
    assert [one.held for one in asked] == [1]
