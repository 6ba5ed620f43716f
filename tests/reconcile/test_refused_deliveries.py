"""A delivery that is refused as a whole was not taken, and one row's fault is its own."""

from tests.reconcile.receiving import again, receive, sent
from tests.submission_queue.world import World, with_capabilities
from xinqiao.adapters.base import BatchProgress, BatchReport, Outcome, Reply, RowResult, SentBatch
from xinqiao.database.tables import audit, batch
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.states import State
from xinqiao.reconcile.receipts import collect

AT_FAULT = RowResult(2, Outcome.REJECTED, "1002", "必填项为空")


def refuse(world: World, *rows: RowResult) -> None:
    world.connector.reports = [
        BatchReport(
            BatchProgress.REFUSED, Reply(Outcome.ACCEPTED, "9001", "文件校验未通过"), tuple(rows)
        )
    ]
    collect(world.worker, world.platform)


def test_the_rows_at_fault_are_refused_and_the_others_go_out_again(world: World) -> None:
    sent(world, 1, 2, 3)
    refuse(world, AT_FAULT)
    assert world.states() == ["ready", "rejected", "ready"]
    first = world.submissions()[0]
    assert (first.batch_id, first.request_started_at, first.batch_limit) == (None, None, None)
    assert first.waits_for == "mates_at_fault"
    deliver(world.worker, world.platform)
    assert [row.key[-5:] for row in world.connector.sent[1].rows] == ["0001号", "0003号"]


def test_a_refused_delivery_is_not_asked_about_any_more(world: World) -> None:
    sent(world, 1, 2)
    refuse(world, AT_FAULT)
    assert world.rows(batch)[0].next_poll_at is None


def test_the_reason_stands_with_every_row_and_in_the_log(world: World) -> None:
    sent(world, 1, 2)
    refuse(world, AT_FAULT)
    assert world.submissions()[0].message == "文件校验未通过"
    assert [row.message for row in world.receipts()] == ["必填项为空", "文件校验未通过"]
    back = world.rows(audit, audit.c.action == "submission.ready")
    assert [("文件校验未通过" in row.body, "9001" in row.body) for row in back] == [(True, True)]


def test_a_refusal_that_names_no_row_is_halved_until_the_row_at_fault_stands_alone(
    world: World,
) -> None:
    world.add(1, 2, 3, 4, 5)

    def answer(sent: SentBatch) -> BatchReport:
        bad = any(row.key.endswith("0004号") for row in sent.batch.rows)
        if bad:
            return BatchReport(
                BatchProgress.REFUSED, Reply(Outcome.ACCEPTED, "9001", "文件校验未通过")
            )
        rows = [RowResult(row.number, Outcome.ACCEPTED, "0") for row in sent.batch.rows]
        return BatchReport(BatchProgress.COMPLETE, Reply(Outcome.ACCEPTED), tuple(rows))

    world.connector.poll = answer  # type: ignore[method-assign] # it judges what it was sent
    for _ in range(10):
        deliver(world.worker, world.platform)
        collect(world.worker, world.platform)
        world.clock.advance(10)
    assert world.states() == ["accepted", "accepted", "accepted", "rejected", "accepted"]
    assert len(world.connector.sent) < 10


def test_alone_in_its_delivery_a_row_is_at_fault_itself(world: World) -> None:
    sent(world, 1)
    refuse(world)
    assert world.states() == ["rejected"]
    assert world.submissions()[0].message == "文件校验未通过"


def test_a_refusal_after_an_acceptance_is_a_conflict(world: World) -> None:
    sent(world, 1, 2)
    receive(world, BatchProgress.PENDING, RowResult(1, Outcome.ACCEPTED, "0000", "", "SD1"))
    again(world)
    refuse(world, AT_FAULT)
    assert world.states() == ["conflict", "rejected"]


def test_what_a_person_looks_at_is_not_sent_again_by_itself(world: World) -> None:
    sent(world, 1, 2)
    world.force(State.HELD)
    refuse(world, AT_FAULT)
    assert world.states() == ["held", "rejected"]
    assert {row.message for row in world.receipts()} == {"必填项为空", "文件校验未通过"}


def test_what_was_overtaken_while_it_was_out_is_replaced(world: World) -> None:
    (record_id, _) = world.add(1, 2)
    world.connector.answers = [Reply(Outcome.RECEIVED)]
    deliver(world.worker, world.platform)
    world.clock.advance(10)
    world.version(record_id, 2, number=1, content="更正后的内容")
    refuse(world, AT_FAULT)
    assert world.states() == ["cancelled", "rejected", "ready"]
    assert world.submissions()[2].version == 2


def test_a_doubt_about_a_refused_delivery_ends_with_its_rows_ready_again(world: World) -> None:
    world.add(1, 2)
    world.connector.answers = [Reply(Outcome.IN_DOUBT, "read_timeout")]
    deliver(world.worker, world.platform)
    world.clock.advance(75)
    report = BatchReport(BatchProgress.REFUSED, Reply(Outcome.ACCEPTED, "9001"), (AT_FAULT,))
    world.connector.reports = [report, report]
    resolve_doubts(world.worker, world.platform)
    collect(world.worker, world.platform)
    assert world.states() == ["ready", "rejected"]


def test_a_platform_that_cannot_answer_for_a_lost_delivery_is_not_asked_for_its_receipts(
    world: World,
) -> None:
    with_capabilities(world, poll_in_doubt=False, query=False)
    world.add(1)
    world.connector.answers = [Reply(Outcome.IN_DOUBT, "read_timeout")]
    deliver(world.worker, world.platform)
    world.clock.advance(75)
    resolve_doubts(world.worker, world.platform)
    assert (world.connector.polled, world.states()) == ([], ["held"])
