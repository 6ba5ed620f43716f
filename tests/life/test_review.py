"""A second person approves each version before it is sent; removals wait for nobody."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.feedback.instructed import instructions
from tests.life.bureau import PENALTY, SHARING, SITE, accepting
from tests.life.reviewed import CHIEF, CLERK, OTHER, ReviewedBureau
from tests.support import FrozenClock
from xinqiao.adapters.base import Outcome, Reply
from xinqiao.database.engine import Database
from xinqiao.database.tables import audit, holding, review, submission
from xinqiao.intake.corrections import Wanted, write_corrections
from xinqiao.intake.findings_workbook import DATA_SHEET
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue import board, operations
from xinqiao.queue.explaining import explain
from xinqiao.queue.publicity import Showing
from xinqiao.queue.publishing import Why
from xinqiao.queue.reviewing import AWAITING, RETURNED
from xinqiao.queue.showing import Desk
from xinqiao.queue.story import story
from xinqiao.routing.thresholds import Thresholds

IDENTITY = "370323190711118764"


@pytest.fixture
def bureau(database: Database, keys: KeyRing, clock: FrozenClock) -> ReviewedBureau:
    return ReviewedBureau(database, keys, clock)


def findings(bureau: ReviewedBureau, record_id: str) -> dict[str, list[str]]:
    rows = bureau.rows(holding, holding.c.record_id == record_id)
    return {row.platform: [one["code"] for one in row.findings] for row in rows}


def figures(bureau: ReviewedBureau, platform: str = SHARING) -> dict[str, int]:
    with bureau.database.reading() as connection:
        now = bureau.clock.now()
        told = board.platform_board(connection, platform, Thresholds(now, now, now))
    names = ("invalid", "to_review", "to_review_urgent", "returned", "overdue")
    return {name: told[name] for name in names}


def test_nothing_exists_to_be_sent_before_another_person_approves(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.send()
    bureau.judge()
    assert (bureau.asked(SHARING, record_id), bureau.asked(SITE, record_id)) == ([], [])
    assert findings(bureau, record_id) == {SHARING: [AWAITING], SITE: [AWAITING]}
    # the law's clock goes on meanwhile
    assert [one[0::2] for one in bureau.duties(SHARING, record_id)] == [("D1", None)]
    assert bureau.approve(record_id, reason="内容无误").refused == {}
    bureau.send()
    bureau.judge()
    assert (bureau.held(SHARING, record_id), bureau.held(SITE, record_id)) == (1, 1)
    assert [one[2] for one in bureau.duties(SHARING, record_id)] == ["accepted"]
    (entry,) = bureau.entries("review.approved")
    assert (entry.actor, entry.record_id) == (CHIEF, record_id)
    assert json.loads(entry.body)["reason"] == "内容无误"
    assert json.loads(entry.body)["details"] == {"importer": CLERK, "version": 1}
    assert bureau.chain_holds()


@pytest.mark.parametrize(
    "actor", [CLERK, "ZHANG", " zhang ", "ｚｈａｎｇ", "YIYUAN\\zhang", "zhang@yiyuan"]
)
def test_whoever_imported_a_version_cannot_approve_it(bureau: ReviewedBureau, actor: str) -> None:
    record_id = bureau.penalty()
    assert bureau.codes(bureau.approve(record_id, actor=actor)) == ["own_import"]
    bureau.send()
    assert bureau.asked(SHARING, record_id) == []
    (entry,) = bureau.entries("review.refused")
    assert (entry.actor, entry.record_id) == (actor, record_id)
    assert json.loads(entry.body)["details"]["code"] == "own_import"
    assert bureau.rows(review) == []


@pytest.mark.parametrize("actor", ["uid 1000", "", "  "])
def test_who_has_no_login_name_cannot_approve(bureau: ReviewedBureau, actor: str) -> None:
    assert bureau.codes(bureau.approve(bureau.penalty(), actor=actor)) == ["unnamed"]


def test_an_approval_is_of_one_version(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.approve(record_id)
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "ready")]
    bureau.take_in("penalty", record_id, fine_amount="0.3")
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "cancelled")]
    bureau.send()
    bureau.judge()
    assert findings(bureau, record_id)[SHARING] == [AWAITING]
    # the one who imported the first version did not import this one, and the other way round
    with bureau.sitting(CHIEF):
        bureau.take_in("penalty", record_id, fine_amount="0.4")
    assert bureau.codes(bureau.approve(record_id, actor=CHIEF)) == ["own_import"]
    assert bureau.approve(record_id, actor=CLERK).refused == {}
    bureau.send()
    bureau.judge()
    assert bureau.held(SHARING, record_id) == 3


def test_a_correction_waits_while_its_own_time_limit_runs(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.approve(record_id)
    bureau.send()
    bureau.take_in("penalty", record_id, fine_amount="0.3")
    bureau.send()
    assert bureau.held(SHARING, record_id) == 1
    assert len([one for one in bureau.duties(SHARING, record_id) if one[2] is None]) == 1
    (line,) = bureau.waiting()
    assert (line.version, line.compared_with) == (2, 1)
    assert [(one.label, one.before, one.after) for one in line.changed] == [
        ("罚款金额（万元）", "0.2", "0.3")
    ]
    bureau.approve(record_id)
    bureau.send()
    bureau.judge()
    assert bureau.held(SHARING, record_id) == 2


def test_what_takes_data_away_waits_for_nobody(bureau: ReviewedBureau) -> None:
    down, back = bureau.penalty(), bureau.penalty(document_number="沂交罚〔2026〕0002号")
    bureau.approve(down, back)
    bureau.send()
    with bureau.database.writing() as connection:
        desk: Desk = bureau.desk(connection)
        desk.stop(down, Why.PERSON, "沂交通知〔2026〕3号")
    bureau.withdraw(back)
    bureau.send()
    assert bureau.held(SITE, down) is None
    assert (bureau.held(SITE, back), bureau.held(SHARING, back)) == (None, None)
    assert len(bureau.rows(review)) == 2


def test_a_withdrawal_also_ends_what_was_waiting_to_be_approved(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.withdraw(record_id)
    assert bureau.waiting() == []
    assert bureau.codes(bureau.approve(record_id)) == ["withdrawn"]
    bureau.undo_withdrawal(record_id)
    assert findings(bureau, record_id)[SHARING] == [AWAITING]
    bureau.send()
    assert bureau.asked(SHARING, record_id) == []


def test_what_is_returned_goes_to_its_department_until_a_new_version_waits(
    bureau: ReviewedBureau, tmp_path: Path
) -> None:
    record_id = bureau.penalty()
    assert bureau.send_back(record_id).refused == {}
    assert findings(bureau, record_id) == {SHARING: [RETURNED], SITE: [RETURNED]}
    assert figures(bureau)["returned"] == figures(bureau)["invalid"] == 1
    with bureau.database.reading() as connection:
        (book,) = write_corrections(
            connection, bureau.keys, instructions(), Wanted(), tmp_path, bureau.clock.now()
        )
    headers, row = openpyxl.load_workbook(book.file)[DATA_SHEET].iter_rows(values_only=True)
    told = dict(zip(headers, row, strict=True))
    assert told["记录标识"] == record_id
    # two platforms wait for it; the reason is told once
    assert str(told["疑点"]).count("审核退回（li，2026-11-20）：金额有误") == 1
    assert bureau.waiting() == []
    (line,) = bureau.waiting(returned=True)
    assert line.returned is not None
    assert (line.returned.actor, line.returned.reason) == (CHIEF, "金额有误")
    bureau.take_in("penalty", record_id, fine_amount="0.3")
    assert bureau.waiting(returned=True) == []
    assert [one.version for one in bureau.waiting()] == [2]
    bureau.send()
    assert bureau.asked(SHARING, record_id) == []


def test_what_waits_is_in_no_workbook_of_corrections(
    bureau: ReviewedBureau, tmp_path: Path
) -> None:
    bureau.penalty()
    with bureau.database.reading() as connection:
        now = bureau.clock.now()
        assert (
            write_corrections(connection, bureau.keys, instructions(), Wanted(), tmp_path, now)
            == []
        )


def test_what_was_returned_can_be_approved_after_all(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.send_back(record_id)
    assert bureau.codes(bureau.send_back(record_id)) == ["already_returned"]
    assert bureau.codes(bureau.approve(record_id, actor=CLERK)) == ["own_import"]
    assert bureau.approve(record_id, actor=OTHER).refused == {}
    bureau.send()
    bureau.judge()
    assert bureau.held(SHARING, record_id) == 1


def test_an_approval_is_thought_better_of_until_something_left(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.approve(record_id)
    assert bureau.send_back(record_id, actor=OTHER).refused == {}
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "cancelled")]
    bureau.approve(record_id)
    bureau.send()
    bureau.judge()
    assert bureau.held(SHARING, record_id) == 1
    assert bureau.codes(bureau.send_back(record_id)) == ["already_sent"]


def test_a_version_that_came_in_meanwhile_is_not_approved_unseen(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    looked_at = bureau.version(record_id)
    bureau.take_in("penalty", record_id, fine_amount="0.3")
    done = bureau.approve(looked_at)
    assert bureau.codes(done) == ["changed"]
    assert "第 2 版" in next(iter(done.refused.values())).message
    assert bureau.asked(SHARING, record_id) == []
    assert bureau.codes(bureau.send_back(looked_at)) == ["changed"]


def test_of_two_who_approve_the_second_is_told(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.approve(record_id)
    done = bureau.approve(record_id, actor=OTHER)
    assert bureau.codes(done) == ["already_approved"]
    assert "li，2026-11-20" in next(iter(done.refused.values())).message
    assert len(bureau.rows(review)) == 1
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "ready")]


def test_what_hinders_one_hinders_no_other(bureau: ReviewedBureau) -> None:
    good = bureau.penalty()
    with bureau.sitting(CHIEF):
        own = bureau.penalty(document_number="沂交罚〔2026〕0002号")
    done = bureau.approve(good, own)
    assert [one for one, _ in done.done] == [good]
    assert bureau.codes(done) == ["own_import"]


def test_what_is_never_sent_or_never_reviewed_says_so(bureau: ReviewedBureau) -> None:
    exempt = bureau.penalty(case_procedure="简易程序")
    incoming, _ = bureau.take_in("repair_notice")
    other, _ = bureau.take_in("objection")
    codes = [bureau.codes(bureau.approve(one)) for one in (exempt, incoming, other)]
    assert codes == [["exempt"], ["incoming"], ["no_review"]]


def test_a_version_with_an_error_of_its_own_is_put_right_first(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty(violation_facts=f"当事人证件{IDENTITY}")
    # the platform that shares may have it; the site cannot, and no approval changes that
    assert findings(bureau, record_id)[SHARING] == [AWAITING]
    assert AWAITING not in findings(bureau, record_id)[SITE]
    bureau.approve(record_id)
    bureau.send()
    bureau.judge()
    assert (bureau.held(SHARING, record_id), bureau.asked(SITE, record_id)) == (1, [])


def test_a_look_before_publication_and_a_review_are_two_things(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty(violation_facts="当事人电话13900000000")
    assert bureau.line(record_id).showing is Showing.WAITS
    with bureau.database.writing() as connection:
        bureau.desk(connection).look(record_id)
    assert bureau.line(record_id).showing is Showing.TO_REVIEW
    bureau.send()
    assert bureau.asked(SITE, record_id) == []
    bureau.approve(record_id)
    bureau.send()
    bureau.judge()
    assert bureau.held(SITE, record_id) == 1


def test_an_approval_given_first_lasts_through_the_look(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty(violation_facts="当事人电话13900000000")
    bureau.approve(record_id)
    with bureau.database.writing() as connection:
        bureau.desk(connection).look(record_id)
    bureau.send()
    bureau.judge()
    assert bureau.held(SITE, record_id) == 1


@pytest.mark.parametrize("verb", [operations.hold, operations.cancel])
def test_what_a_person_keeps_back_is_not_let_go_without_approval(
    bureau: ReviewedBureau, verb: Callable[..., None]
) -> None:
    bureau.reviewed = frozenset()
    record_id = bureau.penalty()
    ids = [row.id for row in bureau.rows(submission, submission.c.platform == SHARING)]
    with bureau.database.writing() as connection:
        verb(connection, ids, bureau.cause("先缓一缓"))
    bureau.reviewed = frozenset({"penalty"})
    bureau.apply_routes()
    again = operations.release if verb is operations.hold else None
    if again is not None:
        with bureau.database.writing() as connection:
            again(connection, ids, bureau.cause("可以报了"))
    bureau.send()
    assert SHARING not in [one.platform for one in bureau.connectors[SHARING].sent]
    assert "ready" not in [one[2] for one in bureau.asked(SHARING, record_id)]


def test_switching_on_holds_what_has_not_left_and_nothing_else(bureau: ReviewedBureau) -> None:
    bureau.reviewed = frozenset()
    held = bureau.shown()
    bureau.connectors[SHARING].answers[:0] = [Reply(Outcome.RECEIVED)]
    under_way = bureau.penalty(document_number="沂交罚〔2026〕0002号")
    bureau.send(SHARING)
    ready = bureau.penalty(document_number="沂交罚〔2026〕0003号")
    bureau.reviewed = frozenset({"penalty"})
    done = bureau.apply_routes()
    assert dict(done.to_review) == {SHARING: 1, SITE: 2}
    assert findings(bureau, held) == {SHARING: [], SITE: []}
    # what is on its way to one platform waits at the other
    assert findings(bureau, under_way) == {SHARING: [], SITE: [AWAITING]}
    assert findings(bureau, ready) == {SHARING: [AWAITING], SITE: [AWAITING]}
    assert bureau.asked(SHARING, ready) == [("insert", 1, "cancelled")]
    assert bureau.codes(bureau.approve(held)) == ["already_sent"]
    again = bureau.apply_routes()
    assert (dict(again.to_review), dict(again.released)) == ({}, {})


def test_switching_off_lets_go_what_waited_and_what_was_returned(bureau: ReviewedBureau) -> None:
    waits = bureau.penalty()
    returned = bureau.penalty(document_number="沂交罚〔2026〕0002号")
    bureau.send_back(returned)
    bureau.reviewed = frozenset()
    assert dict(bureau.apply_routes().released) == {SHARING: 2, SITE: 2}
    bureau.send()
    assert (bureau.held(SHARING, waits), bureau.held(SHARING, returned)) == (1, 1)


def test_a_platform_that_is_connected_later_gets_only_what_is_approved(
    bureau: ReviewedBureau,
) -> None:
    bureau.away = {SITE}
    record_id = bureau.penalty()
    bureau.approve(record_id)
    bureau.send()
    bureau.away = set()
    bureau.apply_routes()
    bureau.send()
    bureau.judge()
    assert bureau.held(SITE, record_id) == 1


def test_what_a_platform_refused_waits_again_once_it_is_corrected(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.approve(record_id)
    bureau.connectors[SHARING].answers[:0] = [Reply(Outcome.REJECTED)]
    bureau.send()
    bureau.take_in("penalty", record_id, fine_amount="0.3")
    bureau.send()
    bureau.judge()
    assert findings(bureau, record_id)[SHARING] == [AWAITING]
    bureau.approve(record_id)
    bureau.connectors[SHARING] = accepting()
    bureau.judged[SHARING] = 0
    bureau.send()
    bureau.judge()
    assert bureau.held(SHARING, record_id) == 2


def test_the_most_urgent_comes_first_with_the_days_that_are_left(bureau: ReviewedBureau) -> None:
    later = bureau.penalty(decision_date="2026-11-18")
    sooner = bureau.penalty(document_number="沂交罚〔2026〕0002号", decision_date="2026-11-11")
    late = bureau.penalty(document_number="沂交罚〔2026〕0003号", decision_date="2026-11-03")
    told = {one.record: one.deadline for one in bureau.waiting()}
    assert list(told) == [late, sooner, later]
    assert [one.due_on for one in told.values()] == [
        date(2026, 11, 12),
        date(2026, 11, 20),
        date(2026, 11, 27),
    ]
    assert [one.days_left for one in told.values()] == [-6, 0, 5]
    assert [(one.overdue, one.due_soon) for one in told.values()] == [
        (True, False),
        (False, True),
        (False, False),
    ]


def test_what_waits_is_a_figure_of_its_own_and_overdue_as_ever(bureau: ReviewedBureau) -> None:
    bureau.penalty(decision_date="2026-11-18")
    bureau.penalty(document_number="沂交罚〔2026〕0002号")
    bureau.penalty(document_number="沂交罚〔2026〕0003号", violation_facts="超" * 6000)
    told = figures(bureau)
    assert (told["to_review"], told["invalid"], told["overdue"]) == (2, 1, 2)
    assert told["to_review_urgent"] == 1


def test_what_waits_is_listed_by_kind_department_platform_and_import(
    bureau: ReviewedBureau,
) -> None:
    bureau.reviewed = frozenset({"penalty", "objection"})
    penalty = bureau.penalty()
    objection, _ = bureau.take_in("objection")
    (line,) = bureau.waiting(kind="objection")
    assert line.record == objection
    assert [one.record for one in bureau.waiting(platform=SITE)] == [penalty]
    assert [one.record for one in bureau.waiting(run=line.run)] == [objection]
    assert len(bureau.waiting(department="")) == 2
    assert bureau.waiting(department="运管所") == []


def test_a_sheet_shows_everything_but_secrets(bureau: ReviewedBureau) -> None:
    person = {
        "subject.name": "溪样三",
        "subject.category": "自然人",
        "subject.unified_social_credit_code": None,
        "subject.legal_representative": None,
        "subject.certificate_type": "身份证",
        "subject.certificate_number": IDENTITY,
    }
    named = {name.replace(".", "__"): text for name, text in person.items()}
    record_id = bureau.penalty(**named)
    bureau.send_back(record_id)
    bureau.take_in("penalty", record_id, **named, remarks=f"证件{IDENTITY}")
    sheet = bureau.reviews().sheet(record_id)
    shown = {one.path: one.after for one in sheet.fields}
    assert shown["penalty_kinds"] == PENALTY["penalty_kinds"]
    assert IDENTITY not in str(sheet)
    assert IDENTITY not in str(sheet.plain())
    assert "［证件号已隐去］" in shown["subject.certificate_number"]
    assert [(one.version, one.word.approved) for one in sheet.history] == [(1, False)]
    # what was returned is no version to compare with
    assert sheet.compared_with is None


def test_the_log_and_the_story_tell_who_said_what(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    bureau.send_back(record_id)
    bureau.approve(record_id, actor=OTHER, reason=f"已核对{IDENTITY}")
    (row,) = bureau.rows(submission, submission.c.platform == SHARING)
    with bureau.database.reading() as connection:
        told = story(connection, row.id, bureau.clock.now())
        why = explain(connection, bureau.planner, bureau.keys, record_id, bureau.today)
    said = [(one["actor"], one["approved"]) for one in told["events"] if one["event"] == "review"]
    assert said == [(CHIEF, False), (OTHER, True)]
    assert IDENTITY not in str(told)
    assert not [one for place in why.platforms for one in place.reasons if place.goes]
    assert not bureau.rows(audit, audit.c.body.contains(IDENTITY))
    assert not bureau.rows(review, review.c.reason.contains(IDENTITY))


def test_routes_explain_what_waits_and_until_when(bureau: ReviewedBureau) -> None:
    record_id = bureau.penalty()
    with bureau.database.reading() as connection:
        why = explain(connection, bureau.planner, bureau.keys, record_id, bureau.today)
    (place,) = [one for one in why.platforms if one.platform == SHARING]
    assert (place.goes, [one.code for one in place.reasons]) == (True, [AWAITING])
    assert [one.due_on for one in place.duties] == [date(2026, 11, 12)]
