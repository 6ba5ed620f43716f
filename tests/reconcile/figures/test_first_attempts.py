"""What counts as the first attempt: a platform's word on the row itself, as the queue keeps it."""

from tests.reconcile.figures.asking import ask
from tests.reconcile.figures.plain import Question
from tests.submission_queue.world import World, accepted, reply, with_capabilities
from xinqiao.adapters.base import Outcome, Reply, RowResult, SealedBatch
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import resolve_doubts

NAMES = ("compliance_first", "compliance_final", "stored", "repeated")
NOTHING = (0, 0, 0)


def figures(world: World) -> dict[str, tuple[int, int]]:
    question = Question("", (), inclusive=False, today=world.clock.today())
    found = ask(world.database, world.clock, NAMES, question)
    return {name: found.get(name, {}).get((), NOTHING)[:2] for name in NAMES}


def refused(sent: SealedBatch) -> Reply:
    rows = tuple(RowResult(row.number, Outcome.REJECTED, "1002", "必填项为空") for row in sent.rows)
    return Reply(Outcome.RECEIVED, rows=rows)


def test_a_row_that_was_refused_and_corrected_is_compliant_only_in_the_end(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [refused, accepted]
    deliver(world.worker, world.platform)
    assert figures(world) == {
        "compliance_first": (0, 1),
        "compliance_final": (0, 1),
        "stored": (0, 1),
        "repeated": (0, 1),
    }
    world.version(record_id, 2, content="道路普通货物运输（补正）")
    deliver(world.worker, world.platform)
    assert figures(world) == {
        "compliance_first": (0, 1),
        "compliance_final": (1, 1),
        "stored": (1, 1),
        "repeated": (0, 1),
    }


def test_a_delivery_refused_whole_refuses_only_the_row_at_fault(world: World) -> None:
    world.add(*range(1, 9))
    bad = "云交许〔2026〕0005号"

    def platform(sent: SealedBatch) -> Reply:
        at_fault = any(row.key == bad for row in sent.rows)
        return Reply(Outcome.REJECTED, "4001") if at_fault else accepted(sent)

    world.connector.answers = [platform] * 20
    deliver(world.worker, world.platform)
    assert figures(world)["compliance_first"] == (7, 8)


def test_what_did_not_arrive_is_no_attempt(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RETRYABLE), accepted]
    deliver(world.worker, world.platform)
    assert figures(world) == dict.fromkeys(NAMES, (0, 0))
    world.clock.advance(600)
    deliver(world.worker, world.platform)
    assert figures(world)["compliance_first"] == (1, 1)


def test_what_waits_for_its_receipt_was_sent_and_is_not_decided(world: World) -> None:
    world.add(1)
    world.connector.answers = [reply(Outcome.RECEIVED, serial="S1")]
    deliver(world.worker, world.platform)
    assert figures(world) == {
        "compliance_first": (0, 0),
        "compliance_final": (0, 0),
        "stored": (0, 1),
        "repeated": (0, 1),
    }


def test_an_acceptance_that_names_no_row_is_one_of_every_row(world: World) -> None:
    world.add(1, 2)
    world.connector.answers = [Reply(Outcome.ACCEPTED)]
    deliver(world.worker, world.platform)
    assert world.receipts() == []
    assert figures(world)["compliance_first"] == (2, 2)


def test_a_duplicate_that_is_what_we_sent_is_compliant_and_no_repeat(world: World) -> None:
    world.add(1)

    def duplicate(sent: SealedBatch) -> Reply:
        world.connector.holds(sent, 1)
        return reply(Outcome.RECEIVED, RowResult(1, Outcome.DUPLICATE, "0040", "已存在"))

    world.connector.answers = [duplicate]
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted"]
    assert figures(world) == {
        "compliance_first": (1, 1),
        "compliance_final": (1, 1),
        "stored": (1, 1),
        "repeated": (0, 1),
    }


def test_a_duplicate_of_something_else_is_a_repeat_until_a_person_finds_otherwise(
    world: World,
) -> None:
    with_capabilities(world, poll=False)
    world.add(1)

    def duplicate(sent: SealedBatch) -> Reply:
        world.connector.holds(sent, 1, XK_NR="别的内容")
        return reply(Outcome.RECEIVED, RowResult(1, Outcome.DUPLICATE, "0040", "已存在"))

    world.connector.answers = [duplicate]
    deliver(world.worker, world.platform)
    world.clock.advance(600)
    resolve_doubts(world.worker, world.platform)
    assert world.states() == ["conflict"]
    assert figures(world) == {
        "compliance_first": (0, 0),
        "compliance_final": (0, 0),
        "stored": (0, 1),
        "repeated": (1, 1),
    }


def test_a_correction_of_what_was_taken_in_is_no_first_report(world: World) -> None:
    (record_id,) = world.add(1)
    world.connector.answers = [accepted, refused]
    deliver(world.worker, world.platform)
    world.version(record_id, 2, content="道路普通货物运输（变更）")
    deliver(world.worker, world.platform)
    assert world.states() == ["accepted", "rejected"]
    assert figures(world)["compliance_first"] == (1, 1)
    assert figures(world)["stored"] == (1, 1)
