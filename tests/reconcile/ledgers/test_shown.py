"""What had no receipt and stands in the ledger as it was sent is accepted on that evidence."""

from datetime import UTC, date, datetime

import pytest

from tests.reconcile.ledger_stands import (
    BREAKS,
    compare,
    document,
    ledger_of,
    report,
    send,
    settle_down,
)
from tests.submission_queue.world import World, reply, with_capabilities
from xinqiao.adapters.base import CountsFrom, LedgerEntry, Outcome, ReceiptMode
from xinqiao.database.tables import audit
from xinqiao.queue.moments import MomentRule
from xinqiao.queue.states import State
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.unanswered import hold_unanswered


def take(world: World, *numbers: int) -> list[str]:
    """Import permits and have the platform take them without a word."""
    ids = world.add(*numbers)
    send(world, reply(Outcome.RECEIVED))
    settle_down(world)
    return ids


def test_what_shows_as_it_was_sent_is_accepted_with_its_evidence(office: World) -> None:
    take(office, 1, 2)
    ledger_of(office).shows(1)
    found = compare(office)
    assert (found.accepted, found.clean) == (1, True)
    assert office.states() == ["accepted", "awaiting_receipt"]
    (receipt,) = office.receipts()
    assert (receipt.verdict, receipt.code, receipt.reference) == ("accepted", "ledger", "SD-1")
    (entry,) = office.rows(audit, audit.c.action == "submission.accepted")
    assert '"code":"ledger"' in entry.body
    assert [duty.closed_by for duty in office.duties()] == ["accepted", None]


def test_the_time_at_which_the_ledger_says_it_was_taken_in_is_the_time_of_the_report(
    office: World,
) -> None:
    take(office, 1)
    at = datetime(2026, 11, 20, 2, tzinfo=UTC)
    sent = ledger_of(office).sent[0].rows[0]
    ledger_of(office).shown = [LedgerEntry(sent.key, sent.values, "SD-1", at)]
    compare(office)
    (duty,) = office.duties()
    assert (duty.reported_at, duty.reported_by) == (at, "platform_time")


def test_a_profile_that_counts_from_the_receipt_counts_from_the_look_at_the_ledger(
    office: World,
) -> None:
    office.moment = MomentRule(CountsFrom.RECEIPT)
    take(office, 1)
    sent = ledger_of(office).sent[0].rows[0]
    at = datetime(2026, 11, 20, 2, tzinfo=UTC)
    ledger_of(office).shown = [LedgerEntry(sent.key, sent.values, "SD-1", at)]
    compare(office)
    (duty,) = office.duties()
    assert (duty.reported_at, duty.reported_by) == (office.clock.now(), "receipt")


def test_what_shows_with_other_content_is_not_accepted(office: World) -> None:
    take(office, 1)
    ledger_of(office).shows(1, XK_NR="别的内容")
    assert compare(office).accepted == 0
    assert office.states() == ["awaiting_receipt"]


def test_a_ledger_that_tells_only_the_number_proves_nothing(office: World) -> None:
    take(office, 1)
    ledger_of(office).shows_foreign(document(1), "SD-1")
    assert compare(office).accepted == 0


def test_an_update_is_not_proven_by_fields_that_did_not_change(office: World) -> None:
    (record_id,) = report(office, 1)
    office.version(record_id, 2, 1, content="改")
    send(office, reply(Outcome.RECEIVED))
    settle_down(office)
    sent = ledger_of(office).sent[-1].rows[0]
    unchanged = {code: sent.values[code] for code in ("XK_WSH", "XK_XDR_MC")}
    ledger_of(office).shown = [LedgerEntry(document(1), unchanged, "SD-1")]
    assert compare(office).accepted == 0
    ledger_of(office).shows(1)
    assert compare(office).accepted == 1
    assert office.holdings()[0].held_version == 2


def test_a_withdrawal_is_proven_by_a_row_that_says_void(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1)
    with office.database.writing() as connection:
        revoked = Revocation(date(2026, 11, 19), "撤〔2026〕1号")
        withdraw(connection, office.planner(), record_id, revoked, office.cause("撤销"))
    send(office, reply(Outcome.RECEIVED))
    settle_down(office)
    assert compare(office).accepted == 0, "it still shows as valid"
    ledger_of(office).shows(1)
    assert compare(office).accepted == 1
    assert office.holdings()[0].held_version is None


def test_what_is_held_because_no_receipt_came_is_freed_by_the_ledger(office: World) -> None:
    with_capabilities(office, poll=False, query=False, receipts=ReceiptMode.NONE)
    take(office, 1)
    office.clock.advance(3600)
    hold_unanswered(office.worker, office.platform)
    assert office.states() == ["held"]
    ledger_of(office).shows(1)
    compare(office)
    assert office.states() == ["accepted"]


@pytest.mark.parametrize("state", [State.HELD, State.IN_DOUBT, State.CONFLICT, State.REJECTED])
def test_what_is_undecided_for_another_reason_is_left_to_whoever_resolves_it(
    office: World, state: State
) -> None:
    take(office, 1)
    office.force(state)
    ledger_of(office).shows(1)
    compare(office)
    assert office.states() == [state]


@pytest.mark.parametrize("broken", BREAKS)
def test_a_ledger_that_breaks_off_later_has_shown_what_it_showed(
    office: World, broken: str
) -> None:
    take(office, 1, 2)
    platform = ledger_of(office)
    platform.page_size = 1
    platform.shows(1)
    platform.shows(2)
    platform.breaks = {2: BREAKS[broken]}
    compare(office)
    assert office.states()[0] == "accepted"
