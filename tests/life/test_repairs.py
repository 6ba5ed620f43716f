"""A repaired record is shown no more, whoever says it and in whatever order it is heard of."""

from datetime import date

import pytest

from tests.life.bureau import CODE, NAME, NOTICE, PENALTY, REPAIR, SHARING, SITE, Bureau
from xinqiao.database.tables import take_down, target
from xinqiao.errors import InputError, RefusedError
from xinqiao.intake.applications import Repairing
from xinqiao.queue.lookup import find_record
from xinqiao.queue.publishing import STILL_DOWN, Why
from xinqiao.queue.to_handle import ToHandle, to_handle
from xinqiao.routing.thresholds import Thresholds

SECOND = "沂交罚〔2026〕0002号"
OTHER = "91110000600037341L"
REPAIRED = Repairing(date(2026, 11, 20), "沂交修〔2026〕1号")


def repair(bureau: Bureau, record_id: str, repairing: Repairing = REPAIRED) -> list[str]:
    with bureau.database.writing() as connection:
        entered = bureau.entry_desk(connection).repair(record_id, repairing)
    return [one.code for one in entered.findings]


def waiting(bureau: Bureau) -> list[ToHandle]:
    now = bureau.clock.now()
    with bureau.database.reading() as connection:
        return to_handle(connection, Thresholds(now, now, now))


@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_a_repair_and_a_notice_of_one_take_it_down_and_leave_it_shared(
    bureau: Bureau, kind: str
) -> None:
    record_id = bureau.shown()
    _, findings = bureau.take_in(kind)
    bureau.send()
    assert findings == ()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "accepted")]
    assert bureau.held(SHARING, record_id) == 1
    (row,) = bureau.rows(take_down)
    assert (row.why, row.document) == (
        "repaired",
        REPAIR["application_number"] if kind == "repair" else "鲁信修〔2026〕77号",
    )


def test_a_repair_is_itself_reported_and_a_notice_is_not(bureau: Bureau) -> None:
    bureau.shown()
    repair_id, _ = bureau.take_in("repair")
    notice_id, _ = bureau.take_in("repair_notice")
    bureau.send()
    assert bureau.asked(SHARING, repair_id) == [("insert", 1, "accepted")]
    assert bureau.asked(SHARING, notice_id) == []


@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_a_repair_that_comes_before_its_penalty_keeps_it_from_being_shown(
    bureau: Bureau, kind: str
) -> None:
    _, findings = bureau.take_in(kind)
    assert [one.code for one in findings] == ["no_such_record"]
    assert findings[0].field == "target_number"
    record_id = bureau.penalty()
    bureau.send()
    assert (bureau.asked(SITE, record_id), bureau.held(SHARING, record_id)) == ([], 1)
    assert bureau.duties(SITE, record_id) == []
    assert [row.why for row in bureau.rows(take_down)] == ["repaired"]


@pytest.mark.parametrize("status", ["待审核", "待核实", "未通过"])
def test_an_application_that_is_not_granted_takes_nothing_down(bureau: Bureau, status: str) -> None:
    record_id = bureau.shown()
    decided_on = "2026-11-19" if status == "未通过" else None
    bureau.take_in("repair", status=status, decided_on=decided_on)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1


def test_an_application_that_is_granted_later_takes_it_down_then(bureau: Bureau) -> None:
    record_id = bureau.shown()
    repair_id, _ = bureau.take_in("repair", status="待审核", decided_on=None)
    bureau.take_in("repair", repair_id)
    bureau.send()
    assert bureau.held(SITE, record_id) is None


def test_only_the_offender_who_was_repaired_is_taken_down(bureau: Bureau) -> None:
    mine = bureau.penalty()
    other = bureau.penalty(
        subject__unified_social_credit_code=OTHER, subject__name="沂源县示例客运有限公司"
    )
    bureau.send()
    bureau.take_in("repair")
    bureau.send()
    assert (bureau.held(SITE, mine), bureau.held(SITE, other)) == (None, 1)


def test_a_repair_of_another_number_or_kind_takes_nothing_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    for number, change in (
        ("1", {"target_number": "沂交罚〔2026〕00010号"}),
        ("2", {"target_number": "0001号"}),
        ("3", {"target_kind": "安全生产信用信息"}),
        ("4", {"subject__identifier": OTHER}),
    ):
        _, findings = bureau.take_in("repair", application_number=number, **change)
        assert [one.code for one in findings] == ["no_such_record"]
    bureau.send()
    assert bureau.held(SITE, record_id) == 1


def test_a_record_is_named_by_its_id_and_by_any_spelling_of_its_number(bureau: Bureau) -> None:
    spellings = ("", "沂交罚[2026]0002号", "upper")
    for number, spelled in enumerate(spellings, start=1):
        document = f"沂交罚〔2026〕000{number}号"
        record_id = bureau.penalty(document_number=document)
        bureau.send()
        named = {"": record_id, "upper": record_id.upper()}.get(spelled, spelled)
        bureau.take_in("repair", application_number=str(number), target_number=named)
        bureau.send()
        assert bureau.held(SITE, record_id) is None


def test_a_row_with_errors_takes_nothing_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    with pytest.raises(InputError):
        bureau.take_in("repair", decided_on=None)
    assert (bureau.rows(target), bureau.held(SITE, record_id)) == ([], 1)


@pytest.mark.parametrize(
    ("decided_on", "early"),
    [("2027-02-02", True), ("2027-02-03", False)],
    ids=["day before", "day"],
)
def test_a_repair_before_the_shortest_period_is_over_is_told(
    bureau: Bureau, decided_on: str, early: bool
) -> None:
    record_id = bureau.shown(severity="一般")
    bureau.pass_days(100)
    _, findings = bureau.take_in("repair", applied_on="2027-01-20", decided_on=decided_on)
    assert [one.code for one in findings] == (["repaired_too_early"] if early else [])
    bureau.send()
    # who granted it is answerable for it: what follows, follows
    assert bureau.held(SITE, record_id) is None


def test_the_command_makes_the_same_record_as_an_import(bureau: Bureau) -> None:
    record_id = bureau.shown()
    assert repair(bureau, record_id) == []
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    (made,) = bureau.records("repair")
    assert made.document_key == "|".join(
        ("repair", REPAIR["authority_code"], "沂交罚[2026]0001号", "沂交修[2026]1号")
    )
    assert bureau.asked(SHARING, made.id) == [("insert", 1, "accepted")]
    values = bureau.connectors[SHARING].sent[-1].rows[0].values
    assert {NAME, CODE, PENALTY["document_number"]} <= set(values.values())


def test_the_same_repair_is_not_entered_twice(bureau: Bureau) -> None:
    record_id = bureau.shown()
    repair(bureau, record_id)
    with pytest.raises(RefusedError, match="已经登记过"):
        repair(bureau, record_id)
    assert len(bureau.records("repair")) == 1


@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_one_decision_may_be_about_several_records(bureau: Bureau, kind: str) -> None:
    both = [bureau.penalty(), bureau.penalty(document_number=SECOND)]
    bureau.send()
    made = [bureau.take_in(kind)[0], bureau.take_in(kind, target_number=SECOND)[0]]
    bureau.send()
    assert [bureau.held(SITE, record_id) for record_id in both] == [None, None]
    bureau.take_in("penalty", both[0], content="罚款2000元，已缴纳")
    bureau.send()
    assert bureau.held(SITE, both[0]) is None
    number = REPAIR["application_number"] if kind == "repair" else NOTICE["notice_number"]
    with bureau.database.reading() as connection, pytest.raises(InputError) as caught:
        find_record(connection, number)
    assert all(record_id in caught.value.message for record_id in made)


def test_the_command_takes_the_same_document_for_another_record_once(bureau: Bureau) -> None:
    both = [bureau.penalty(), bureau.penalty(document_number=SECOND)]
    for record_id in both:
        assert repair(bureau, record_id) == []
    with pytest.raises(RefusedError, match="修复申请编号和修复的文书号已经登记过"):
        repair(bureau, both[1])
    assert len(bureau.records("repair")) == 2


def test_what_is_wrong_with_an_entered_repair_is_told_and_nothing_is_kept(bureau: Bureau) -> None:
    record_id = bureau.shown()
    with pytest.raises(InputError, match="审核日期"):
        repair(bureau, record_id, Repairing(date(2026, 12, 1), "沂交修〔2026〕1号"))
    bureau.send()
    assert (bureau.records("repair"), bureau.held(SITE, record_id)) == ([], 1)


def test_what_is_repaired_cannot_be_put_up_until_the_repair_is_withdrawn(bureau: Bureau) -> None:
    record_id = bureau.shown()
    repair_id, _ = bureau.take_in("repair")
    bureau.send()
    with pytest.raises(RefusedError, match="已修复"), bureau.database.writing() as connection:
        bureau.desk(connection).put_up(record_id)
    bureau.withdraw(repair_id)
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.send()
    # an import alone puts nothing up, whatever became of the repair
    assert bureau.held(SITE, record_id) is None
    with bureau.database.writing() as connection:
        bureau.desk(connection, "修复登记有误").put_up(record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 2


def test_an_undone_withdrawal_of_a_repair_takes_down_again(bureau: Bureau) -> None:
    record_id = bureau.shown()
    repair_id, _ = bureau.take_in("repair")
    bureau.withdraw(repair_id)
    with bureau.database.writing() as connection:
        bureau.desk(connection).put_up(record_id)
    bureau.undo_withdrawal(repair_id)
    bureau.send()
    assert bureau.held(SITE, record_id) is None


def test_a_repair_s_own_clock_is_an_internal_one(bureau: Bureau) -> None:
    bureau.shown()
    repair_id, _ = bureau.take_in("repair", status="待审核", decided_on=None)
    assert bureau.duties("bureau", repair_id) == [("D7b", date(2026, 12, 2), None)]
    bureau.take_in("repair", repair_id)
    assert bureau.duties("bureau", repair_id) == [("D7b", date(2026, 12, 2), "handled")]


@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_a_repair_corrected_to_another_document_names_what_stays_down(
    bureau: Bureau, kind: str
) -> None:
    wrong, right = bureau.penalty(), bureau.penalty(document_number=SECOND)
    bureau.send()
    repair_id, _ = bureau.take_in(kind)
    bureau.send()
    _, findings = bureau.take_in(kind, repair_id, target_number=SECOND)
    bureau.send()
    assert [one.code for one in findings] == [STILL_DOWN]
    assert wrong in findings[0].message
    assert (bureau.held(SITE, wrong), bureau.held(SITE, right)) == (None, None)
    line = bureau.line(wrong)
    assert (line.warnings, line.needs_a_person) == ((STILL_DOWN,), True)
    assert bureau.line(right).warnings == ()


def test_a_repair_turned_down_names_what_stays_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    repair_id, _ = bureau.take_in("repair")
    _, findings = bureau.take_in("repair", repair_id, status="未通过")
    assert [one.code for one in findings] == [STILL_DOWN]
    bureau.send()
    assert bureau.line(record_id).warnings == (STILL_DOWN,)


def test_what_stays_down_after_its_repair_was_withdrawn_is_put_up_or_forbidden(
    bureau: Bureau,
) -> None:
    both = [bureau.penalty(), bureau.penalty(document_number=SECOND)]
    bureau.send()
    for number in (PENALTY["document_number"], SECOND):
        repair_id, _ = bureau.take_in("repair", target_number=number)
        bureau.withdraw(repair_id)
    bureau.send()
    assert [bureau.line(one).warnings for one in both] == [(STILL_DOWN,), (STILL_DOWN,)]
    with bureau.database.writing() as connection:
        bureau.desk(connection, "修复登记有误").put_up(both[0])
        bureau.desk(connection, "涉及秘密").stop(both[1], Why.FORBIDDEN)
    bureau.send()
    assert [bureau.held(SITE, one) for one in both] == [1, None]
    assert bureau.line(both[1]).warnings == ()


@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_what_names_no_record_stays_to_be_handled_until_it_does(bureau: Bureau, kind: str) -> None:
    bureau.shown()
    repair_id, _ = bureau.take_in(kind, target_number="[2026]0001号")
    assert [(one.record, one.unmatched) for one in waiting(bureau)] == [(repair_id, True)]
    bureau.take_in(kind, repair_id)
    assert waiting(bureau) == []


def test_a_notice_that_is_not_ours_is_withdrawn_and_waits_no_more(bureau: Bureau) -> None:
    notice_id, _ = bureau.take_in("repair_notice")
    bureau.withdraw(notice_id)
    assert waiting(bureau) == []


def test_an_application_waits_under_its_internal_limit_until_it_is_decided(bureau: Bureau) -> None:
    bureau.shown()
    repair_id, _ = bureau.take_in("repair", status="待审核", decided_on=None)
    (one,) = waiting(bureau)
    assert (one.record, one.rule, one.due_on, one.legal) == (
        repair_id,
        "D7b",
        date(2026, 12, 2),
        False,
    )
    bureau.pass_days(30)
    # an internal limit is never overdue
    assert waiting(bureau)[0].overdue is False
    bureau.take_in("repair", repair_id)
    assert waiting(bureau) == []
