"""What a platform's ledger shows is held; what it does not show proves nothing."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.life.bureau import NAME, SHARING, SITE
from tests.reconcile.adoption.office import NEW, OLD, START, TAKEN_IN, TAKEN_IN_SINCE, Office
from tests.reconcile.ledger_stands import BREAKS
from xinqiao.adapters.base import Outcome
from xinqiao.database.tables import adopted_entry, adoption_line, duty, holding, submission
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.adopting import DIFFERS_THERE, hold
from xinqiao.queue.disproving import report_again
from xinqiao.queue.holdings import read_holdings
from xinqiao.queue.operations import release
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import tickets_by_id
from xinqiao.queue.verdicts import Verdict
from xinqiao.reconcile.adoption import adopting
from xinqiao.reconcile.adoption.adopting import KEYED_BY_US, Order
from xinqiao.reconcile.ledgers.readings import Origin
from xinqiao.reconcile.window import Window
from xinqiao.routing.starts import Starts

PERSON_NUMBER = "370323190711118764"


def place(office: Office, record_id: str, platform: str = SHARING) -> Any:
    (row,) = office.rows(holding, holding.c.platform == platform, holding.c.record_id == record_id)
    return row


def test_a_record_from_before_the_start_is_held_as_the_ledger_shows_it(office: Office) -> None:
    record_id = office.numbered(1)
    entry = office.shows(1)
    found = office.adopt()
    assert (found.read, found.adopted, found.already, found.needs_a_person) == (1, 1, 0, False)
    row = place(office, record_id)
    assert (row.held_version, row.wanted_version, row.held_key) == (1, 1, entry.key)
    assert (row.reference, row.taken_in_at, row.before_start) == ("SD-1", TAKEN_IN, False)
    assert row.adopted_at == office.clock.now()
    assert office.duties(SHARING, record_id) == []
    office.send()
    assert office.sent() == []
    assert [one.record_id for one in office.entries("holding.adopted")] == [record_id]
    assert office.chain_holds()


def test_what_waits_to_be_sent_is_given_up_and_what_was_owed_is_closed(office: Office) -> None:
    record_id = office.numbered(1, NEW)
    office.shows(1, NEW, at=TAKEN_IN_SINCE)
    assert office.asked(SHARING, record_id) == [("insert", 1, "ready")]
    assert office.adopt().adopted == 1
    assert office.asked(SHARING, record_id) == [("insert", 1, "cancelled")]
    (owed,) = office.rows(duty, duty.c.platform == SHARING)
    assert (owed.closed_by, owed.reported_at, owed.reported_by) == (
        "adopted",
        TAKEN_IN_SINCE,
        "platform_time",
    )
    # the other platform is owed it still
    assert [one[2] for one in office.duties(SITE, record_id)] == [None]
    office.send(SHARING)
    assert office.sent() == []
    assert len(office.entries("duty.adopted")) == 1


def test_what_a_person_kept_back_is_given_up_too(office: Office) -> None:
    record_id = office.numbered(1, NEW)
    with office.database.writing() as connection:
        connection.execute(submission.update().values(state="held"))
    office.shows(1, NEW)
    assert office.adopt().adopted == 1
    assert office.asked(SHARING, record_id) == [("insert", 1, "cancelled")]


@pytest.mark.parametrize("days", [2, -400])
def test_a_time_that_cannot_be_is_kept_of_nothing(office: Office, days: int) -> None:
    record_id = office.numbered(1, NEW)
    office.shows(1, NEW, at=office.clock.now() + timedelta(days=days))
    office.adopt(window=Window(date(2020, 1, 1), date(2030, 1, 1)))
    row = place(office, record_id)
    assert (row.held_version, row.taken_in_at) == (1, None)
    (owed,) = office.rows(duty, duty.c.platform == SHARING)
    assert (owed.closed_by, owed.reported_at, owed.reported_by) == ("adopted", None, None)


@pytest.mark.parametrize("state", ["sending", "awaiting_receipt", "in_doubt", "conflict"])
def test_what_may_have_left_is_not_taken_over(office: Office, state: str) -> None:
    record_id = office.numbered(1, NEW)
    with office.database.writing() as connection:
        connection.execute(
            submission.update().values(state=state, request_started_at=office.clock.now())
        )
    office.shows(1, NEW)
    found = office.adopt()
    assert (found.adopted, found.under_way) == (0, 1)
    assert office.asked(SHARING, record_id) == [("insert", 1, state)]
    assert place(office, record_id).held_version is None


def test_taking_over_twice_changes_nothing(office: Office) -> None:
    office.numbered(1)
    office.shows(1)
    office.shows(2)
    office.adopt()
    before = [office.rows(table) for table in (holding, duty, submission, adopted_entry)]
    again = office.adopt()
    assert (again.adopted, again.already, again.without_record) == (0, 1, 1)
    assert [office.rows(table) for table in (holding, duty, submission, adopted_entry)] == before


def test_a_trial_tells_the_same_and_keeps_nothing(office: Office) -> None:
    office.numbered(1)
    office.numbered(2, NEW)
    office.numbered(3)
    office.shows(1)
    office.shows(3, CF_SY="别的事实")
    office.shows(4)
    tables = (holding, duty, submission, adopted_entry)
    before = [office.rows(table) for table in tables]
    entries = len(office.entries("holding.adopted"))
    tried = office.adopt(dry_run=True, reason="")
    assert [office.rows(table) for table in tables] == before
    assert len(office.entries("holding.adopted")) == entries
    assert office.rows(adoption_line) == []
    assert (tried.id, tried.adopted, tried.different, tried.without_record) == (None, 1, 1, 1)
    # what would become due, with its date
    assert [(one.name, one.rule, one.legal) for one in tried.still_owed] == [
        (office.number(2), "D1", True)
    ]
    assert (tried.owed, tried.overdue, tried.before_start) == (1, 0, 1)
    real = office.adopt()
    for name in ("read", "adopted", "different", "without_record", "owed", "before_start"):
        assert getattr(tried, name) == getattr(real, name), name


def test_a_difference_is_listed_and_nothing_of_it_is_taken_over(office: Office) -> None:
    old, new = office.numbered(1), office.numbered(2, NEW)
    office.shows(1, CF_NR_FK="0.5")
    office.shows(2, NEW, CF_NR_FK="0.5")
    found = office.adopt()
    assert (found.adopted, found.different, found.kept_back) == (0, 2, 1)
    (field,) = next(one for one in found.differing if one.record == old).fields
    assert (field.field, field.ours, field.theirs) == ("CF_NR_FK", "0.2", "0.5")
    assert place(office, old).held_version is None
    # the new one would have gone out over it: a person decides
    (row,) = office.rows(
        submission, submission.c.platform == SHARING, submission.c.record_id == new
    )
    assert (row.state, row.code) == ("held", DIFFERS_THERE)
    office.send(SHARING)
    assert office.sent() == []
    # and it is no stranger that the comparison would keep quiet about
    told = {one.record: one.why for one in office.compare().unexpected}
    assert told == {old: "not_adopted", new: "not_adopted"}


def test_what_differs_is_taken_over_when_a_person_accepts_it_and_goes_on_being_told(
    office: Office,
) -> None:
    record_id = office.numbered(1)
    office.shows(1, CF_NR_FK="0.5")
    found = office.adopt(accept_different=True)
    assert (found.adopted, found.different_accepted, found.different) == (1, 1, 0)
    office.send()
    assert office.sent() == []
    office.pass_days(0.01)
    told = office.compare()
    assert [(one.record, one.ours, one.theirs) for one in told.different] == [
        (record_id, "0.2", "0.5")
    ]


def test_identity_numbers_are_told_to_differ_and_shown_nowhere(office: Office) -> None:
    office.numbered(1)
    office.shows(1, CF_SY=f"当事人 {PERSON_NUMBER} 超限运输")
    found = office.adopt()
    assert found.different == 1
    assert PERSON_NUMBER not in repr(found.plain())
    (kept,) = office.rows(adopted_entry)
    assert PERSON_NUMBER.encode() not in kept.entry


def test_an_entry_without_a_record_is_known_from_then_on(office: Office) -> None:
    office.shows(7)
    office.pass_days(0.01)
    assert [one.why for one in office.compare().unexpected] == ["never_sent"]
    assert office.adopt().without_record == 1
    told = office.compare()
    assert (told.unexpected, told.taken_over, told.clean) == ([], 1, True)


@pytest.mark.parametrize(("day", "at"), [(OLD, TAKEN_IN), (NEW, TAKEN_IN_SINCE)])
def test_a_record_that_comes_later_is_held_and_not_sent(
    office: Office, day: str, at: datetime
) -> None:
    office.shows(7, day, at=at)
    office.adopt()
    record_id = office.numbered(7, day)
    row = place(office, record_id)
    assert (row.held_version, row.taken_in_at, row.reference) == (1, at, "SD-7")
    office.send(SHARING)
    assert office.sent() == []
    assert all(closed == "adopted" for _, _, closed in office.duties(SHARING, record_id))
    (kept,) = office.rows(adopted_entry)
    assert kept.record_id == record_id


def test_a_record_that_comes_later_and_differs_waits_for_a_person(office: Office) -> None:
    office.shows(7, NEW)
    office.adopt()
    record_id, findings = office.take_in(
        "penalty", document_number=office.number(7), decision_date=NEW, fine_amount="0.9"
    )
    assert DIFFERS_THERE in [one.code for one in findings]
    assert office.asked(SHARING, record_id) == [("insert", 1, "held")]
    office.send(SHARING)
    assert office.sent() == []
    # corrected to what the platform holds, it is held
    office.take_in("penalty", record_id, document_number=office.number(7), decision_date=NEW)
    assert office.held(SHARING, record_id) == 2
    assert office.asked(SHARING, record_id) == [("insert", 1, "cancelled")]


def test_what_goes_to_a_platform_again_is_held_where_it_was_held_before(office: Office) -> None:
    office.switches = {"penalty": {SHARING: False}}
    record_id = office.numbered(7, NEW)
    office.shows(7, NEW, at=TAKEN_IN_SINCE)
    assert office.adopt().without_record == 1
    office.switches = {}
    office.apply_routes()
    row = place(office, record_id)
    assert (row.held_version, row.taken_in_at) == (1, TAKEN_IN_SINCE)
    office.send(SHARING)
    assert office.sent() == []
    assert [closed for _, _, closed in office.duties(SHARING, record_id)] == ["adopted"]


def test_what_differs_is_not_sent_even_when_a_person_lets_it_go(office: Office) -> None:
    office.shows(7, NEW)
    office.adopt()
    record_id, _ = office.take_in(
        "penalty", document_number=office.number(7), decision_date=NEW, fine_amount="0.9"
    )
    with office.database.writing() as connection:
        (number,) = connection.execute(
            sa.select(submission.c.id).where(
                submission.c.record_id == record_id, submission.c.platform == SHARING
            )
        ).scalars()
        release(connection, [number], office.cause("放行"))
    assert office.asked(SHARING, record_id) == [("insert", 1, "ready")]
    office.send(SHARING)
    assert office.sent() == []
    assert office.asked(SHARING, record_id) == [("insert", 1, "held")]


def test_a_key_with_two_contents_is_not_taken_over_on_any_page(office: Office) -> None:
    one, two = office.numbered(1), office.numbered(2, NEW)
    office.connectors[SHARING].page_size = 1
    office.shows(1)
    office.shows(2, NEW)
    office.connectors[SHARING].shown.append(replace(office.entry(1), reference="SD-9"))
    again = office.entry(2, NEW, CF_NR_FK="0.7")
    office.connectors[SHARING].shown.append(replace(again, reference="SD-10"))
    found = office.adopt()
    assert (found.adopted, found.repeated) == (0, 2)
    assert sorted(found.repeated_keys) == [f"{office.number(n)}｜{NAME}" for n in (1, 2)]
    assert place(office, one).held_version is None
    assert office.asked(SHARING, two) == [("insert", 1, "held")]


@pytest.mark.parametrize("how", sorted(BREAKS))
def test_a_ledger_that_breaks_off_proves_what_it_showed_and_no_more(
    office: Office, how: str
) -> None:
    shown, hidden = office.numbered(1), office.numbered(2)
    office.connectors[SHARING].page_size = 1
    office.connectors[SHARING].breaks = {2: BREAKS[how]}
    office.shows(1)
    office.shows(2)
    found = office.adopt()
    assert found.incomplete
    assert found.needs_a_person
    assert office.held(SHARING, shown) == 1
    # the rest comes with the next run, whether it was on the broken page or not
    office.connectors[SHARING].breaks = {}
    rest = office.adopt()
    assert (rest.incomplete, rest.already + rest.adopted) == ("", 2)
    assert office.held(SHARING, hidden) == 1


def test_an_interrupted_run_leaves_whole_portions_and_the_next_takes_the_rest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [office.numbered(serial) for serial in range(1, 6)]
    for serial in range(1, 6):
        office.shows(serial)
    monkeypatch.setattr("xinqiao.reconcile.adoption.lines.PORTION", 2)
    real, portions = hold, iter(range(10))

    def dying(*arguments: Any) -> Any:
        if next(portions) == 1:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(adopting, "hold", dying)
    with pytest.raises(KeyboardInterrupt):
        office.adopt()
    monkeypatch.setattr(adopting, "hold", real)
    assert sum(place(office, one).held_version is not None for one in ids) == 2
    assert [one.counts for one in office.adoption.runs()] == [{}]
    rest = office.adopt()
    assert (rest.adopted, rest.already) == (3, 2)
    assert len(office.entries("holding.adopted")) == 5


def test_an_entry_that_tells_only_the_number_is_taken_over_and_counted_apart(
    office: Office,
) -> None:
    office.numbered(1)
    entry = office.entry(1)
    codes = ("CF_WSH", "CF_XDR_MC")
    numbers = {code: entry.values[code] for code in codes}
    office.connectors[SHARING].shown.append(replace(entry, values=numbers))
    assert (found := office.adopt()).adopted == found.by_number_only == 1


def numbers_only(office: Office, serial: int, day: str) -> None:
    """Let the ledger tell nothing but the key of a penalty."""
    entry = office.entry(serial, day)
    numbers = {code: entry.values[code] for code in ("CF_WSH", "CF_XDR_MC")}
    office.connectors[SHARING].shown.append(replace(entry, values=numbers))


def corrected(office: Office, day: str) -> str:
    """Enter a penalty and its correction, of which nothing has left."""
    record_id = office.numbered(1, day)
    office.take_in(
        "penalty", record_id, document_number=office.number(1), decision_date=day, content="罚款"
    )
    return record_id


@pytest.mark.parametrize("day", [OLD, NEW])
def test_a_number_alone_does_not_tell_that_a_correction_is_there(office: Office, day: str) -> None:
    record_id = corrected(office, day)
    numbers_only(office, 1, day)
    found = office.adopt()
    assert (found.adopted, found.different, found.needs_a_person) == (0, 1, True)
    assert [one.name for one in found.differing[0].fields] == ["版本"]
    assert office.held(SHARING, record_id) is None
    assert all(closed is None for _, _, closed in office.duties(SHARING, record_id))
    office.send(SHARING)
    assert office.sent() == []


@pytest.mark.parametrize("day", [OLD, NEW])
def test_accepted_by_its_number_the_present_version_goes_there_once(
    office: Office, day: str
) -> None:
    record_id = corrected(office, day)
    numbers_only(office, 1, day)
    assert office.adopt(accept_different=True).adopted == 1
    office.send(SHARING)
    assert office.sent() == [("update", office.number(1))]
    assert office.held(SHARING, record_id) == 2
    office.send(SHARING)
    assert len(office.sent()) == 1


def test_an_entry_without_the_whole_key_is_counted_and_left(office: Office) -> None:
    record_id = office.numbered(1)
    entry = office.entry(1)
    half = {"CF_WSH": entry.values["CF_WSH"]}
    office.connectors[SHARING].shown.append(replace(entry, key=half["CF_WSH"], values=half))
    found = office.adopt()
    assert (found.adopted, found.without_key, found.needs_a_person) == (0, 1, True)
    assert place(office, record_id).held_version is None


def test_a_record_withdrawn_here_is_taken_back_there(office: Office) -> None:
    record_id = office.numbered(1)
    office.pass_days(150)
    office.withdraw(record_id)
    office.shows(1)
    found = office.adopt()
    assert (found.adopted, found.withdrawn) == (1, 1)
    # revoked since the hub reports there: by a legal limit
    assert [rule for rule, _, closed in office.duties(SHARING, record_id) if closed is None] == [
        "D4"
    ]
    office.send(SHARING)
    assert [operation for operation, _ in office.sent()] == ["withdraw"]
    assert all(closed for _, _, closed in office.duties(SHARING, record_id))


def test_what_never_left_and_was_withdrawn_is_found_there_and_taken_back(office: Office) -> None:
    record_id = office.numbered(1, NEW)
    office.pass_days(150)
    office.withdraw(record_id)
    assert office.asked(SHARING, record_id) == [("insert", 1, "cancelled")]
    office.shows(1, NEW)
    found = office.adopt()
    assert (found.adopted, found.withdrawn, found.without_record) == (1, 1, 0)
    assert [rule for rule, _, closed in office.duties(SHARING, record_id) if closed is None] == [
        "D4"
    ]
    office.send(SHARING)
    assert [operation for operation, _ in office.sent()] == ["withdraw"]
    # an older reading of the ledger has nothing taken back twice
    assert office.adopt().adopted == 0
    office.send(SHARING)
    assert len(office.sent()) == 1


def test_a_withdrawal_is_found_again_after_its_adoption_was_undone(office: Office) -> None:
    record_id = office.numbered(1, NEW)
    office.pass_days(150)
    office.withdraw(record_id)
    office.shows(1, NEW)
    office.adoption.undo(office.adopt().id or 0, "接错了")
    assert office.held(SHARING, record_id) is None
    assert office.adopt().withdrawn == 1


def test_what_goes_to_a_platform_no_longer_is_found_there_and_taken_back(office: Office) -> None:
    record_id = office.numbered(1, NEW)
    office.switches["penalty"] = {SHARING: False}
    assert office.apply_routes().dropped[SHARING] == 1
    office.shows(1, NEW)
    found = office.adopt()
    assert (found.adopted, found.without_record) == (1, 0)
    office.send(SHARING)
    assert [operation for operation, _ in office.sent()] == ["withdraw"]
    assert office.held(SHARING, record_id) is None


def test_what_may_not_be_shown_any_more_is_found_on_the_page_and_taken_down(
    office: Office,
) -> None:
    record_id = office.numbered(1, NEW, severity="一般")
    office.pass_days(800)
    assert office.end_of_day()
    assert place(office, record_id, SITE).wanted_version is None
    office.shows(1, NEW, SITE)
    assert office.adopt(SITE).adopted == 1
    office.send(SITE)
    assert [operation for operation, _ in office.sent(SITE)] == ["take_down"]


def test_kinds_that_a_platform_knows_by_our_own_id_are_left_alone(office: Office) -> None:
    order = Order("transport_credit", "driver_assessment", Window(office.today, office.today))
    found = office.adoption.run(order, office.connectors[SHARING], Origin("api"))
    assert (found.note, found.id) == (KEYED_BY_US, None)
    assert office.connectors[SHARING].read == []


def test_what_was_taken_over_without_a_time_is_never_called_missing(office: Office) -> None:
    office.numbered(1)
    office.numbered(2)
    office.shows(1)
    office.shows(2, at=None)
    assert office.adopt().adopted == 2
    office.pass_days(0.01)
    assert office.compare().clean
    office.connectors[SHARING].shown = []
    assert [one.document_number for one in office.compare().missing] == [
        f"{office.number(1)}｜{NAME}"
    ]


def test_a_change_of_what_was_taken_over_goes_out_as_an_update_under_its_own_limit(
    office: Office,
) -> None:
    record_id = office.numbered(1)
    office.shows(1)
    office.adopt()
    office.take_in(
        "penalty",
        record_id,
        document_number=office.number(1),
        decision_date=OLD,
        fine_amount="0.3",
    )
    assert [(rule, closed) for rule, _, closed in office.duties(SHARING, record_id)] == [
        ("D4", None)
    ]
    office.send(SHARING)
    assert office.sent() == [("update", office.number(1))]
    assert office.held(SHARING, record_id) == 2


def test_a_refuted_update_leaves_what_was_taken_over_believed(office: Office) -> None:
    record_id = office.numbered(1)
    office.shows(1)
    office.adopt()
    office.take_in(
        "penalty", record_id, document_number=office.number(1), decision_date=OLD, content="罚款"
    )
    office.send(SHARING)
    (row,) = office.rows(submission, submission.c.platform == SHARING)
    for after in (State.CONFLICT, State.REJECTED):
        with office.database.writing() as connection:
            ticket = tickets_by_id(connection, [row.id])[row.id]
            settle(connection, [Decision(ticket, after, Verdict(Outcome.REJECTED))], office.cause())
    assert office.held(SHARING, record_id) == 1
    assert [one[:1] for one in office.asked(SHARING, record_id)] == [("update",)]


def test_what_a_ledger_disproves_of_what_was_taken_over_is_owed_and_never_believed_again(
    office: Office,
) -> None:
    record_id = office.numbered(1, NEW)
    office.shows(1, NEW)
    office.adopt()
    row = place(office, record_id)
    assert [one.closed_by for one in office.rows(duty, duty.c.platform == SHARING)] == ["adopted"]
    with office.database.writing() as connection:
        (held,) = read_holdings(connection, holding.c.id == row.id)
        report_again(connection, held, office.cause("台账里没有"))
    assert [one.closed_by for one in office.rows(duty, duty.c.platform == SHARING)] == [None]
    assert office.asked(SHARING, record_id)[-1] == ("insert", 1, "ready")
    row = place(office, record_id)
    assert (row.held_version, row.adopted_at, row.adopted_version, row.adopted_key) == (None,) * 4
    office.send(SHARING)
    (done,) = office.rows(submission, submission.c.state == "accepted")
    with office.database.writing() as connection:
        (ticket,) = tickets_by_id(connection, [done.id]).values()
        denied = Verdict(Outcome.REJECTED, "4001", "没有这一条")
        cause = office.cause("平台否认")
        settle(connection, [Decision(ticket, State.CONFLICT, denied)], cause)
        (ticket,) = tickets_by_id(connection, [done.id]).values()
        settle(connection, [Decision(ticket, State.REJECTED, denied)], cause)
    assert place(office, record_id).held_version is None
    assert [one.closed_by for one in office.rows(duty, duty.c.platform == SHARING)] == [None]


def test_undoing_owes_again_what_is_owed_and_leaves_what_was_built_on(office: Office) -> None:
    old, new, changed = office.numbered(1), office.numbered(2, NEW), office.numbered(3)
    for serial, day in ((1, OLD), (2, NEW), (3, OLD), (4, OLD)):
        office.shows(serial, day)
    number = office.adopt().id
    assert number is not None
    office.take_in(
        "penalty", changed, document_number=office.number(3), decision_date=OLD, content="罚款"
    )
    office.send(SHARING)
    done = office.adoption.undo(number, "接错了")
    assert (done.undone, done.forgotten, done.kept) == (2, 1, [changed])
    assert place(office, old).before_start
    assert office.held(SHARING, old) is None
    assert office.held(SHARING, changed) == 2
    assert [state for _, _, state in office.asked(SHARING, new)] == ["cancelled", "ready"]
    assert [closed for _, _, closed in office.duties(SHARING, new)] == [None]
    assert office.chain_holds()
    # taken over anew, all is as before
    assert (again := office.adopt()).adopted == 2
    assert again.without_record == 1


def test_undoing_after_the_start_was_moved_owes_the_first_report(office: Office) -> None:
    record_id = office.numbered(1)
    office.shows(1)
    number = office.adopt().id
    assert number is not None
    office.starts = Starts(date.fromisoformat(OLD))
    office.apply_routes()
    assert office.duties(SHARING, record_id) == []
    office.adoption.undo(number, "接错了")
    assert [(rule, closed) for rule, _, closed in office.duties(SHARING, record_id)] == [
        ("D1", None)
    ]
    (row,) = office.rows(submission, submission.c.platform == SHARING)
    (owed,) = office.rows(duty, duty.c.platform == SHARING)
    assert (row.state, row.due_at) == ("ready", owed.due_at)


def test_undoing_a_later_adoption_leaves_what_an_earlier_one_told(office: Office) -> None:
    entry = office.shows(1)
    assert office.adopt().without_record == 1
    shown = office.connectors[SHARING].shown
    shown[:] = [replace(entry, reference="SD-9"), office.shows(2)]
    second = office.adopt()
    assert second.id is not None
    assert office.adoption.undo(second.id, "接错了").forgotten == 1
    office.numbered(1)
    office.send()
    assert office.sent() == []
    office.numbered(2, NEW)
    office.send()
    assert office.sent() == [("insert", office.number(2))]


def test_undoing_the_acceptance_of_a_difference_leaves_the_entry_known(office: Office) -> None:
    record_id = office.numbered(1)
    office.shows(1, CF_NR_FK="0.5")
    first = office.adopt().id
    second = office.adopt(accept_different=True).id
    assert first is not None
    assert second is not None
    assert office.adoption.undo(second, "不该接受").undone == 1
    assert office.held(SHARING, record_id) is None
    assert [(one.adoption_id, one.record_id) for one in office.rows(adopted_entry)] == [
        (first, None)
    ]
    # nothing stands any more once the first is undone too
    assert office.adoption.undo(first, "也接错了").forgotten == 1
    assert office.rows(adopted_entry) == []


def test_a_trial_of_undoing_tells_what_would_go_out_and_keeps_nothing(office: Office) -> None:
    for serial, day in ((1, OLD), (2, NEW), (3, NEW)):
        office.numbered(serial, day)
        office.shows(serial, day)
    number = office.adopt().id
    assert number is not None
    tables = (holding, duty, submission, adopted_entry)
    before = [office.rows(table) for table in tables]
    tried = office.adoption.undo(number, "", dry_run=True)
    assert [office.rows(table) for table in tables] == before
    assert office.entries("adoption.undone") == office.entries("holding.adoption_undone") == []
    assert (tried.undone, tried.to_send) == (3, 2)
    assert office.adoption.undo(number, "接错了") == tried


def test_undoing_what_is_not_there_or_undone_is_refused_and_noted(office: Office) -> None:
    office.numbered(1)
    office.shows(1)
    number = office.adopt().id
    assert number is not None
    office.adoption.undo(number, "接错了")
    with pytest.raises(RefusedError):
        office.adoption.undo(number, "再来")
    with pytest.raises(InputError):
        office.adoption.undo(number + 1, "再来")
    assert len(office.entries("adoption.undo_refused")) == 2


def test_what_must_not_be_shown_is_taken_down_after_it_was_taken_over(office: Office) -> None:
    # its period of publicity was over before the bureau went live
    record_id = office.numbered(1, "2025-03-03", severity="一般")
    assert office.lines() == []
    office.shows(1, "2025-03-03", SITE)
    assert office.adopt(SITE).adopted == 1
    office.send(SITE)
    assert [operation for operation, _ in office.sent(SITE)] == ["take_down"]
    assert office.held(SITE, record_id) is None


def test_what_was_changed_since_is_missing_only_where_both_times_lie_in_the_ledger(
    office: Office,
) -> None:
    record_id = office.numbered(1)
    office.shows(1)
    office.adopt()
    office.take_in(
        "penalty", record_id, document_number=office.number(1), decision_date=OLD, content="罚款"
    )
    office.send(SHARING)
    office.pass_days(0.5)
    office.connectors[SHARING].shown = []
    # the platform may go on telling when it took it in first
    assert office.compare(since=START).clean
    assert [one.record for one in office.compare().missing] == [record_id]


def test_a_key_of_several_records_is_taken_over_only_where_one_says_the_same(
    office: Office,
) -> None:
    first, second = office.numbered(1), office.numbered(2)
    third = office.numbered(3)
    key = place(office, first).wanted_key
    with office.database.writing() as connection:
        connection.execute(
            holding.update()
            .where(holding.c.record_id.in_([second, third]), holding.c.platform == SHARING)
            .values(wanted_key=key)
        )
    office.shows(1)
    found = office.adopt()
    assert (found.adopted, found.several) == (1, 0)
    assert office.held(SHARING, first) == 1
    office.adoption.undo(found.id or 0, "再试")
    with office.database.writing() as connection:
        connection.execute(
            holding.update().where(holding.c.record_id == first).values(wanted_key="别的")
        )
    found = office.adopt()
    assert (found.adopted, found.several, found.needs_a_person) == (0, 1, True)
