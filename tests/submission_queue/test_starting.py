"""What was decided before the hub reported is owed by nobody, until the day is moved."""

from datetime import date

import pytest

from tests.life.bureau import SHARING, SITE, Bureau
from tests.records.whole import OPERATOR
from tests.submission_queue.world import accepted
from tests.support import FrozenClock
from xinqiao.adapters.base import Outcome, Reply
from xinqiao.database.engine import Database
from xinqiao.database.tables import duty, holding, submission
from xinqiao.intake.single import enter
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.board import unclaimed_records
from xinqiao.queue.explaining import explain
from xinqiao.queue.publishing import Why
from xinqiao.queue.rerouting import may_be_missed, reroute
from xinqiao.reconcile.adoption.runs import before_start
from xinqiao.routing.starts import Starts

FIRST = date(2026, 11, 3)
"""The decision of the sample is of this day."""

BEFORE, AFTER = date(2026, 11, 3), date(2026, 11, 4)


@pytest.fixture
def bureau(database: Database, keys: KeyRing, clock: FrozenClock) -> Bureau:
    return Bureau(database, keys, clock, starts=Starts(AFTER))


def notes(bureau: Bureau, record_id: str) -> dict[str, bool]:
    found = bureau.rows(holding, holding.c.record_id == record_id)
    return {row.platform: row.before_start for row in found}


def counted(bureau: Bureau) -> list[tuple[str, int, int]]:
    with bureau.database.reading() as connection:
        found = before_start(connection)
    return [(one.platform, one.not_adopted, one.adopted) for one in found]


def reasons(bureau: Bureau, record_id: str) -> dict[str, list[str]]:
    with bureau.database.reading() as connection:
        told = explain(connection, bureau.planner, bureau.keys, record_id, bureau.today)
    return {one.platform: [reason.code for reason in one.reasons] for one in told.platforms}


def test_an_earlier_decision_opens_nothing_and_is_counted(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    assert bureau.rows(duty) == []
    assert bureau.rows(submission) == []
    assert notes(bureau, record_id) == {SITE: True, SHARING: True}
    assert counted(bureau) == [(SITE, 1, 0), (SHARING, 1, 0)]
    assert reasons(bureau, record_id)[SHARING] == ["before_start"]
    with bureau.database.reading() as connection:
        assert unclaimed_records(connection, ["penalty"]) == 0
        # nor is it looked through again by every command
        assert not may_be_missed(connection, bureau.planner, SHARING)
    assert bureau.lines() == []


def test_a_decision_of_the_first_day_is_owed(bureau: Bureau) -> None:
    bureau.starts = Starts(FIRST)
    record_id = bureau.penalty()
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "ready")]
    assert counted(bureau) == []


def test_a_platform_may_begin_later_than_the_others(bureau: Bureau) -> None:
    bureau.starts = Starts(FIRST, {SITE: AFTER})
    record_id = bureau.penalty()
    assert notes(bureau, record_id) == {SITE: True, SHARING: False}
    assert bureau.asked(SITE, record_id) == []
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "ready")]


def test_a_correction_of_what_nobody_owes_goes_nowhere_either(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    bureau.take_in("penalty", record_id, content="罚款2000元整")
    assert bureau.rows(submission) == []
    assert bureau.rows(duty) == []
    assert notes(bureau, record_id) == {SITE: True, SHARING: True}


def test_a_date_corrected_across_the_day_is_owed_or_let_go(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    bureau.take_in("penalty", record_id, decision_date="2026-11-05")
    assert bureau.asked(SHARING, record_id) == [("insert", 2, "ready")]
    assert [closed for _, _, closed in bureau.duties(SHARING, record_id)] == [None]
    bureau.take_in("penalty", record_id, decision_date="2026-11-02")
    assert [state for _, _, state in bureau.asked(SHARING, record_id)] == ["cancelled"]
    assert [closed for _, _, closed in bureau.duties(SHARING, record_id)] == ["waived"]


def test_what_was_reported_through_the_hub_goes_on_whatever_its_date(bureau: Bureau) -> None:
    bureau.starts = Starts(FIRST)
    record_id = bureau.shown()
    bureau.starts = Starts(AFTER)
    bureau.take_in("penalty", record_id, content="罚款2000元整")
    assert bureau.asked(SHARING, record_id)[-1] == ("update", 2, "ready")
    bureau.send()
    bureau.withdraw(record_id)
    bureau.send()
    assert bureau.asked(SHARING, record_id)[-1][0] == "withdraw"
    assert bureau.apply_routes().records == 0


def test_a_new_key_is_inserted_though_for_a_moment_nothing_is_held(bureau: Bureau) -> None:
    bureau.starts = Starts(FIRST)
    record_id = bureau.shown()
    bureau.starts = Starts(AFTER)
    bureau.connectors[SHARING].answers = [
        accepted,
        Reply(Outcome.RETRYABLE, "connect_refused"),
        accepted,
    ]
    bureau.take_in("penalty", record_id, document_number="沂交罚〔2026〕0002号")
    bureau.send(SHARING)
    assert bureau.held(SHARING, record_id) is None
    # something else is decided while the new key has not left
    bureau.take_in(
        "penalty", record_id, document_number="沂交罚〔2026〕0002号", content="罚款2000元整"
    )
    bureau.pass_days(1)
    bureau.send(SHARING)
    assert bureau.held(SHARING, record_id) == 3


def test_an_earlier_day_makes_due_what_was_let_go(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    bureau.starts = Starts(FIRST)
    done = bureau.apply_routes()
    assert (done.records, dict(done.owed)) == (1, {SITE: 1, SHARING: 1})
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "ready")]
    assert bureau.duties(SHARING, record_id) == [("D1", date(2026, 11, 12), None)]
    assert counted(bureau) == []
    assert bureau.apply_routes().records == 0


def test_a_later_day_lets_go_what_was_not_sent_and_leaves_what_was(bureau: Bureau) -> None:
    bureau.starts = Starts(FIRST)
    sent = bureau.shown()
    waiting = bureau.penalty(document_number="沂交罚〔2026〕0002号")
    bureau.starts = Starts(AFTER)
    done = bureau.apply_routes()
    assert dict(done.dropped) == {SITE: 1, SHARING: 1}
    assert bureau.held(SHARING, sent) == 1
    assert [state for _, _, state in bureau.asked(SHARING, waiting)] == ["cancelled"]
    assert [closed for _, _, closed in bureau.duties(SHARING, waiting)] == ["waived"]
    assert counted(bureau) == [(SITE, 1, 0), (SHARING, 1, 0)]
    bureau.starts = Starts(FIRST)
    bureau.apply_routes()
    assert bureau.duties(SHARING, waiting) == [("D1", date(2026, 11, 12), None)]
    assert bureau.asked(SHARING, waiting)[-1] == ("insert", 1, "ready")


def test_a_dry_run_tells_of_the_day_and_moves_nothing(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    bureau.starts = Starts(FIRST)
    done = reroute(bureau.acting, bureau.planner, bureau.keys, dry_run=True)
    assert done.records == 1
    assert bureau.rows(submission) == []
    assert notes(bureau, record_id) == {SITE: True, SHARING: True}


def test_a_decision_about_showing_does_not_bring_an_old_record_out(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    with bureau.database.writing() as connection:
        bureau.desk(connection).stop(record_id, Why.FORBIDDEN, "沂交公〔2026〕1号")
    with bureau.database.writing() as connection:
        bureau.desk(connection).put_up(record_id)
    assert bureau.asked(SITE, record_id) == []
    assert notes(bureau, record_id)[SITE]


def test_withdrawing_an_old_record_and_undoing_that_leave_it_nobodys(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    bureau.withdraw(record_id)
    assert counted(bureau) == []
    bureau.undo_withdrawal(record_id)
    assert counted(bureau) == [(SITE, 1, 0), (SHARING, 1, 0)]
    assert bureau.rows(submission) == []


def test_an_operator_counts_from_the_day_on_which_the_hub_learned_of_it(bureau: Bureau) -> None:
    bureau.connectors["transport_credit"] = bureau.connectors[SHARING]
    # nothing was decided: it is owed from the day of its import, which is after the first
    later = _operator(bureau)
    assert bureau.asked("transport_credit", later) == [("insert", 1, "ready")]
    bureau.starts = Starts(date(2026, 12, 1))
    bureau.apply_routes()
    assert [one[2] for one in bureau.asked("transport_credit", later)] == ["cancelled"]
    # and the passing of time does not make it due
    bureau.pass_days(30)
    assert bureau.apply_routes().records == 0


def _operator(bureau: Bureau) -> str:
    with bureau.database.writing() as connection:
        record_id, _ = enter(
            connection,
            bureau.planner,
            bureau.keys,
            "operator",
            dict(OPERATOR),
            bureau.today,
            bureau.cause(),
            said="表.xlsx",
        )
    return record_id
