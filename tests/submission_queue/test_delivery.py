"""Every outcome ends in the right state; a crash is never taken for a failure."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, Crash, World, accepted, reply
from xinqiao.adapters.base import Outcome, Reply, RowResult, SealedBatch
from xinqiao.database.tables import attempt, batch, platform_state
from xinqiao.queue import batches, claims, delivery
from xinqiao.queue.delivery import deliver
from xinqiao.queue.states import State


def test_accepted_rows_close_their_duty_and_their_holding_is_believed(world: World) -> None:
    world.add(1)
    world.connector.answers = [accepted]
    assert deliver(world.worker, world.platform).reached == {State.ACCEPTED: 1}
    (holding,) = world.holdings()
    assert (holding.held_version, holding.held_key, holding.reference) == (
        1,
        "云交许〔2026〕0001号",
        "SD1",
    )
    (duty,) = world.duties()
    assert (duty.closed_by, duty.reported_at) == ("accepted", world.clock.now())
    assert [row.verdict for row in world.receipts()] == ["accepted"]


def test_received_rows_wait_for_a_receipt_that_will_be_asked_for(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED, serial="S1")]
    deliver(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]
    (sent,) = world.rows(batch)
    assert sent.serial == "S1"
    assert sent.next_poll_at == world.clock.now() + timedelta(seconds=5)
    assert world.duties()[0].closed_at is None


def test_a_partial_refusal_does_not_touch_the_other_rows(world: World) -> None:
    world.add(1, 2, 3)
    refusal = RowResult(2, Outcome.REJECTED, "1002", "必填项为空")
    world.connector.answers = [reply(Outcome.RECEIVED, refusal)]
    deliver(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt", "rejected", "awaiting_receipt"]
    assert world.submissions()[1].message == "必填项为空"


def test_a_whole_refusal_is_halved_until_the_row_at_fault_stands_alone(world: World) -> None:
    world.add(*range(1, 9))
    bad = "云交许〔2026〕0005号"

    def platform(sent: SealedBatch) -> Reply:
        refused = any(row.key == bad for row in sent.rows)
        return Reply(Outcome.REJECTED, "4001") if refused else accepted(sent)

    world.connector.answers = [platform] * 20
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted"] * 4 + ["rejected"] + ["accepted"] * 3
    assert max(len(sent.rows) for sent in world.connector.sent[1:]) <= 4


@pytest.mark.parametrize("outcome", [Outcome.RETRYABLE, Outcome.RATE_LIMITED, Outcome.AUTH])
def test_what_certainly_did_not_arrive_is_ready_again_without_a_trace_of_a_batch(
    world: World, outcome: Outcome
) -> None:
    world.add(1)
    world.connector.answers = [reply(outcome, code="x")]
    deliver(world.worker, world.platform)
    (row,) = world.submissions()
    assert (row.state, row.batch_id, row.request_started_at) == ("ready", None, None)


def test_a_platform_in_trouble_is_left_alone_and_the_other_batches_are_not_tried(
    world: World,
) -> None:
    world.rows_per_batch = 1
    world.add(1, 2, 3)
    world.connector.answers = [reply(Outcome.RETRYABLE, code="connect_refused")]
    deliver(world.worker, world.platform)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1
    world.clock.advance(200)
    world.connector.answers = [accepted, accepted, accepted]
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted"] * 3
    (stands,) = world.rows(platform_state)
    assert (stands.failures, stands.next_call_at) == (0, None)


def test_retry_after_of_the_platform_is_obeyed_to_the_second(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RATE_LIMITED, retry_after=17.0)]
    deliver(world.worker, world.platform)
    world.clock.advance(16)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1
    world.clock.advance(1)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 2


def test_refused_credentials_pause_the_platform_and_say_so_in_the_audit_log(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.AUTH, code="401")]
    deliver(world.worker, world.platform)
    world.clock.advance(86_400)
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1
    assert "platform.paused" in world.audited()


def test_an_unknown_fate_is_in_doubt_and_is_not_sent_again(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    deliver(world.worker, world.platform)
    world.clock.advance(86_400)
    deliver(world.worker, world.platform)
    assert world.states() == ["in_doubt"]
    assert len(world.connector.sent) == 1


def test_a_duplicate_that_is_what_we_sent_is_accepted(world: World) -> None:
    world.add(1)

    def duplicate(sent: SealedBatch) -> Reply:
        world.connector.holds(sent, 1)
        return reply(Outcome.RECEIVED, RowResult(1, Outcome.DUPLICATE, "0040"))

    world.connector.answers = [duplicate]
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted"]


def test_a_duplicate_that_cannot_be_compared_now_stays_in_doubt(world: World) -> None:
    world.add(1)
    world.connector.reachable = False
    world.connector.answers = [reply(Outcome.RECEIVED, RowResult(1, Outcome.DUPLICATE, "0040"))]
    deliver(world.worker, world.platform)
    assert world.states() == ["in_doubt"]


def test_the_most_urgent_go_first_whatever_the_order_of_import(world: World) -> None:
    world.rows_per_batch = 1
    world.add(1, decision_date="2026-11-18")
    world.add(2, decision_date="2026-11-02")
    world.add(3, decision_date="2026-11-10")
    deliver(world.worker, world.platform)
    keys = [sent.rows[0].key[-5:] for sent in world.connector.sent]
    assert keys == ["0002号", "0003号", "0001号"]


def test_no_transaction_is_open_while_the_platform_is_called(world: World) -> None:
    world.add(1)

    def write() -> None:
        with world.database.writing() as connection:
            connection.execute(sa.update(platform_state).values(failures=0))

    world.connector.on_call = write
    deliver(world.worker, world.platform)
    assert world.states() == ["awaiting_receipt"]


def test_the_sealed_bytes_are_stored_encrypted_before_the_call(world: World) -> None:
    world.add(1, subject__name="云溪县柳泉汽车维修部")
    stored: list[bytes] = []

    def look() -> None:
        with world.database.reading() as connection:
            stored.append(connection.execute(sa.select(batch.c.sealed)).scalar_one())

    world.connector.on_call = look
    deliver(world.worker, world.platform)
    assert "柳泉".encode() not in stored[0]
    with world.database.reading() as connection:
        reopened = batches.open_batch(connection, 1, world.keys)
    assert reopened.batch == world.connector.sent[0]


def test_a_crash_before_the_request_begins_leaves_the_submission_ready_once_the_lease_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(1)

    def dies(*_: object) -> int:
        raise Crash

    monkeypatch.setattr(batches, "begin_attempt", dies)
    with pytest.raises(Crash):
        deliver(world.worker, world.platform)
    monkeypatch.undo()
    assert world.rows(batch) == []
    world.clock.advance(61)
    world.connector.answers = [accepted]
    deliver(world.another_worker("two"), world.platform)
    assert world.states() == ["accepted"]
    assert len(world.connector.sent) == 1


@pytest.mark.parametrize("step", ["during the call", "before the result is stored"])
def test_a_crash_after_the_request_began_ends_in_doubt_once_the_lease_is_over(
    world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(1)
    world.connector.answers = [Crash()] if step == "during the call" else [accepted]
    if step == "before the result is stored":

        def dies(*_: object) -> None:
            raise Crash

        monkeypatch.setattr(delivery, "settle", dies)
    with pytest.raises(Crash):
        deliver(world.worker, world.platform)
    monkeypatch.undo()
    assert world.states() == ["sending"]
    deliver(world.another_worker("two"), world.platform)
    assert world.states() == ["sending"], "the lease still runs"
    world.clock.advance(61)
    deliver(world.another_worker("two"), world.platform)
    assert world.states() == ["in_doubt"]
    assert len(world.connector.sent) == 1, "nothing is sent again without a question"


def test_a_worker_that_wakes_up_after_its_lease_changes_nothing(world: World) -> None:
    world.add(1)

    def oversleep(sent: SealedBatch) -> Reply:
        world.clock.advance(61)
        with world.database.writing() as connection:
            lease = world.another_worker("two").lease
            assert claims.recover_expired(connection, world.platform, lease, world.cause()) == 1
            claims.claim_in_doubt(connection, PLATFORM, lease, world.clock.now(), world.clock.now())
        return accepted(sent)

    world.connector.answers = [oversleep]
    assert deliver(world.worker, world.platform).reached == {}
    assert world.states() == ["in_doubt"]


def test_every_call_leaves_an_attempt_with_its_evidence_encrypted(world: World) -> None:
    world.add(1)
    raw = "应答原文".encode()
    world.connector.answers = [reply(Outcome.RECEIVED, raw=raw, code="200")]
    deliver(world.worker, world.platform)
    (made,) = world.rows(attempt)
    assert (made.purpose, made.outcome, made.code) == ("send", "received", "200")
    assert raw not in made.evidence
    assert world.keys.decrypt(made.key_id, made.evidence, f"attempt/{made.id}") == raw


def test_a_record_that_no_longer_fits_the_format_is_held_with_the_reason(world: World) -> None:
    world.add(1, 2)
    with world.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE record_version SET content = replace(content, '有效', '正常')"
            " WHERE record_id = (SELECT record_id FROM submission WHERE id = 1)"
        )
    deliver(world.worker, world.platform)
    assert world.states() == ["held", "awaiting_receipt"]
    assert "当前状态" in world.submissions()[0].message


def test_an_identity_number_in_the_platforms_words_is_masked_everywhere(world: World) -> None:
    world.add(1)
    number = "370323190806133086"
    refusal = RowResult(1, Outcome.REJECTED, "1003", f"证件号码{number}格式错误")
    world.connector.answers = [reply(Outcome.RECEIVED, refusal)]
    deliver(world.worker, world.platform)
    stored = [row.message for row in (*world.submissions(), *world.receipts())]
    with world.database.reading() as connection:
        stored += connection.exec_driver_sql("SELECT body FROM audit").scalars().all()
    assert not [text for text in stored if number in text]
    assert any("证件号已隐去" in text for text in stored)
