"""Of several subjects under one document number, only the row's own is looked at."""

from tests.records.test_penalty import GOOD
from tests.submission_queue.world import PLATFORM, World
from xinqiao.adapters.base import LedgerEntry, Operation, SealedBatch, SealedRow, SentBatch
from xinqiao.mapping.registry import format_for
from xinqiao.queue.asking import Inquiry
from xinqiao.queue.delivery import deliver
from xinqiao.queue.resolution import judge
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket

FORMAT = format_for(PLATFORM, "penalty")
VALUES = FORMAT.render(GOOD).values or {}
OTHER = {**VALUES, "CF_XDR_MC": "云溪县另一公司", "CF_NR": "罚款5000元"}
ROW = SealedRow(1, VALUES["CF_WSH"], VALUES)


def held(world: World, *entries: dict[str, str]) -> tuple[LedgerEntry, ...] | None:
    """Return what is found of our row where the platform holds ``entries`` under its number."""
    world.add(1)
    deliver(world.worker, world.platform)  # attempts belong to a batch: any will do
    world.connector.held = {ROW.key: [LedgerEntry(ROW.key, values, "R1") for values in entries]}
    batch = SealedBatch("B1", PLATFORM, "penalty", Operation.INSERT, "2018", (ROW,))
    return Inquiry(world.worker, world.platform, 1, SentBatch(batch), ()).record(ROW).answer.entries


def decided(
    operation: Operation, entries: tuple[LedgerEntry, ...], previous: dict[str, str] | None
) -> State:
    ticket = Ticket(
        id=1,
        holding_id=1,
        record_id="r",
        version=1,
        platform=PLATFORM,
        kind="penalty",
        operation=operation.value,
        state=State.IN_DOUBT,
        fence=1,
        attempts=1,
        deaths=0,
        questions=0,
        batch_id=1,
        row_number=1,
        batch_limit=None,
        request_started_at=None,
        lease_until=None,
        platform_key=None,
    )
    return judge(ticket, operation, ROW, entries, previous, elsewhere=False).after


def test_another_offender_under_our_number_is_not_our_record(world: World) -> None:
    assert held(world, OTHER) == ()


def test_our_record_is_found_beside_another_offenders(world: World) -> None:
    assert [one.values for one in held(world, OTHER, VALUES) or ()] == [VALUES]


def test_a_row_of_which_only_the_other_offender_is_there_did_not_arrive(world: World) -> None:
    assert decided(Operation.INSERT, held(world, OTHER) or (), None) is State.READY


def test_a_platform_that_tells_no_names_is_compared_on_what_it_tells(world: World) -> None:
    assert [one.values for one in held(world, {"CF_WSH": ROW.key}) or ()] == [{"CF_WSH": ROW.key}]


def test_a_deletion_of_which_the_record_is_still_there_did_not_arrive(world: World) -> None:
    entries = held(world, VALUES) or ()
    assert decided(Operation.WITHDRAW, entries, dict(VALUES)) is State.READY


def test_a_deletion_after_which_nothing_is_there_has_arrived(world: World) -> None:
    assert decided(Operation.WITHDRAW, held(world, OTHER) or (), dict(VALUES)) is State.ACCEPTED
