"""What must be shown no more leaves the site that shows it, and stays where it is shared."""

import json
from datetime import date

import pytest

from tests.life.bureau import SHARING, SITE, Bureau
from tests.submission_queue.world import accepted, decided, reply
from xinqiao.adapters.base import BatchProgress, LedgerEntry, Operation, Outcome, RowResult
from xinqiao.database.tables import holding, submission, take_down
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue import delivery
from xinqiao.queue.publicity import Showing
from xinqiao.queue.publishing import Why
from xinqiao.queue.resolution import resolve_doubts
from xinqiao.queue.showing import Shown


def stop(bureau: Bureau, record_id: str, why: Why = Why.PERSON) -> list[Shown]:
    with bureau.database.writing() as connection:
        return bureau.desk(connection).stop(record_id, why, "沂交通知〔2026〕3号")


def put_up(bureau: Bureau, record_id: str) -> list[Shown]:
    with bureau.database.writing() as connection:
        return bureau.desk(connection, "下错了").put_up(record_id)


def classify(bureau: Bureau, record_id: str, severity: str, *, published: bool = False) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection).classify(
            record_id, severity, "沂交认〔2026〕9号", published=published
        )


def test_the_site_is_asked_to_take_it_down_and_the_sharing_platform_keeps_it(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    assert stop(bureau, record_id) == [Shown(SITE, must_go=True, until=None)]
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "accepted")]
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "accepted")]
    assert (bureau.held(SITE, record_id), bureau.held(SHARING, record_id)) == (None, 1)
    assert bureau.connectors[SITE].sent[-1].operation is Operation.TAKE_DOWN
    assert bureau.line(record_id).showing is Showing.TAKEN_DOWN


def test_person_reason_and_document_of_a_take_down_stand_in_the_log(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    (entry,) = bureau.entries("publication.taken_down")
    body = json.loads(entry.body)
    assert (entry.actor, entry.record_id, body["reason"]) == ("张科员", record_id, "科长同意")
    assert body["details"] == {"why": "person", "document": "沂交通知〔2026〕3号"}
    assert bureau.chain_holds()


def test_what_was_never_shown_is_not_sent_and_nothing_is_owed_of_it(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    stop(bureau, record_id, Why.FORBIDDEN)
    bureau.send()
    assert bureau.asked(SITE, record_id) == [("insert", 1, "cancelled")]
    assert bureau.connectors[SITE].sent == []
    assert [one[2] for one in bureau.duties(SITE, record_id)] == ["waived"]
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "accepted")]


def test_no_import_puts_up_again_what_was_taken_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.send()
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.send()
    assert bureau.asked(SITE, record_id)[-1] == ("take_down", 1, "accepted")
    assert bureau.held(SITE, record_id) is None
    assert bureau.held(SHARING, record_id) == 2


def test_a_second_time_is_refused_with_the_first(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    with pytest.raises(RefusedError, match=r"张科员.*人工下架"):
        stop(bureau, record_id)
    assert len(bureau.entries("publication.taken_down")) == 1


def test_it_is_put_up_again_with_a_reason_and_taken_down_again_after_that(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.send()
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    stop(bureau, record_id)
    bureau.send()
    put_up(bureau, record_id)
    bureau.send()
    operations = [one[0] for one in bureau.asked(SITE, record_id)]
    assert operations == ["insert", "take_down", "insert", "take_down", "insert"]
    assert {one[2] for one in bureau.asked(SITE, record_id)} == {"accepted"}
    # what was reported once in time is owed once
    assert [one[2] for one in bureau.duties(SITE, record_id)] == ["accepted"]


def test_what_the_site_was_not_told_yet_is_simply_undone(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "cancelled")]
    assert bureau.held(SITE, record_id) == 1
    assert len(bureau.connectors[SITE].sent) == 1


def test_what_was_forbidden_before_it_was_sent_is_owed_again_when_that_is_undone(
    bureau: Bureau,
) -> None:
    record_id = bureau.penalty()
    stop(bureau, record_id, Why.FORBIDDEN)
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert [one[2] for one in bureau.duties(SITE, record_id)] == ["accepted"]


def test_what_is_not_taken_down_cannot_be_put_up(bureau: Bureau) -> None:
    record_id = bureau.shown()
    with pytest.raises(RefusedError, match="没有登记下架"):
        put_up(bureau, record_id)


def test_a_kind_that_is_shown_to_nobody_has_nothing_to_take_down(bureau: Bureau) -> None:
    bureau.shown()
    repair_id, _ = bureau.take_in("repair")
    with pytest.raises(RefusedError, match="不向社会公开"):
        stop(bureau, repair_id)


def test_a_record_of_a_natural_person_is_never_shown_and_noted_all_the_same(
    bureau: Bureau,
) -> None:
    record_id = bureau.penalty(
        subject__category="自然人",
        subject__unified_social_credit_code=None,
        subject__legal_representative=None,
        subject__name="溪样三",
        subject__certificate_type="身份证",
        subject__certificate_number="370323190711118764",
    )
    assert stop(bureau, record_id) == []
    bureau.send()
    assert bureau.connectors[SITE].sent == []


def test_a_withdrawn_decision_tells_the_site_why_and_is_a_withdrawal(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.withdraw(record_id)
    bureau.send()
    for platform in (SITE, SHARING):
        assert bureau.asked(platform, record_id)[1:] == [("withdraw", 1, "accepted")]
    assert bureau.duties(SITE, record_id)[1] == ("D3", date(2026, 11, 24), "accepted")
    assert bureau.duties(SHARING, record_id)[1] == ("D4", date(2026, 11, 24), "accepted")


def test_a_withdrawal_takes_the_place_of_a_take_down_that_did_not_leave(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.withdraw(record_id)
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [
        ("take_down", 1, "cancelled"),
        ("withdraw", 1, "accepted"),
    ]


def test_an_undone_withdrawal_does_not_put_up_what_was_taken_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.withdraw(record_id)
    bureau.undo_withdrawal(record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert bureau.held(SHARING, record_id) == 1
    assert bureau.asked(SITE, record_id)[-1] == ("take_down", 1, "accepted")


def test_nothing_is_decided_about_a_withdrawn_record(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.withdraw(record_id)
    with pytest.raises(RefusedError, match="已登记撤回"):
        stop(bureau, record_id)
    assert bureau.rows(take_down) == []


def test_a_site_without_a_way_hands_the_take_down_to_a_person(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.by_hand = True
    stop(bureau, record_id)
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "held")]
    assert "下架须由人" in bureau.rows(submission)[-1].message


def test_a_worker_that_dies_with_a_take_down_loses_and_doubles_nothing(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "render", dies)
    with pytest.raises(KeyboardInterrupt):
        bureau.send(SITE)
    monkeypatch.undo()
    bureau.clock.advance(61)
    bureau.send()
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "accepted")]
    assert [one.operation for one in bureau.connectors[SITE].sent] == ["insert", "take_down"]


@pytest.mark.parametrize(
    ("entries", "state"),
    [([], "accepted"), ([{}], "ready"), ([{"CF_NR": "别的"}], "conflict")],
    ids=["gone", "still shown", "something else"],
)
def test_a_take_down_in_doubt_is_settled_by_what_the_site_still_shows(
    bureau: Bureau, entries: list[dict[str, str]], state: str
) -> None:
    record_id = bureau.shown()
    site = bureau.connectors[SITE]
    stop(bureau, record_id)
    site.answers = [reply(Outcome.IN_DOUBT, code="read_timeout")]
    bureau.send(SITE)
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "in_doubt")]
    row = site.sent[-1].rows[0]
    site.held[row.key] = [LedgerEntry(row.key, {**row.values, **one}) for one in entries]
    site.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])]
    bureau.clock.advance(120)
    resolve_doubts(bureau.worker(), bureau.platform(SITE))
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, state)]
    assert bureau.held(SITE, record_id) == (None if state == "accepted" else 1)


def test_a_refused_take_down_is_shown_as_still_to_be_done(bureau: Bureau) -> None:
    record_id = bureau.shown()
    site = bureau.connectors[SITE]
    stop(bureau, record_id)
    site.answers = [reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "not_found"))]
    bureau.send(SITE)
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "rejected")]
    assert bureau.held(SITE, record_id) == 1
    assert bureau.line(record_id).showing is Showing.TAKING_DOWN


def test_an_update_that_has_left_is_waited_for_and_then_taken_down(bureau: Bureau) -> None:
    record_id = bureau.shown()
    site = bureau.connectors[SITE]
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    site.answers = [reply(Outcome.RECEIVED)]
    bureau.send(SITE)
    stop(bureau, record_id)
    assert bureau.asked(SITE, record_id)[1:] == [("update", 2, "awaiting_receipt")]
    assert bureau.rows(holding, holding.c.platform == SITE)[0].wanted_version is None


def test_minor_dishonesty_is_not_shown_unless_a_person_says_so(bureau: Bureau) -> None:
    record_id = bureau.shown()
    classify(bureau, record_id, "轻微")
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert bureau.rows(take_down)[0].why == "minor"
    with pytest.raises(RefusedError, match="--publish"):
        put_up(bureau, record_id)
    classify(bureau, record_id, "轻微", published=True)
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 1
    assert bureau.line(record_id).shown_until == date(2027, 2, 3)


def test_an_imported_minor_class_is_shown_nowhere_and_shared_everywhere(bureau: Bureau) -> None:
    record_id = bureau.penalty(severity="轻微")
    bureau.send()
    assert bureau.asked(SITE, record_id) == []
    assert bureau.duties(SITE, record_id) == []
    assert bureau.held(SHARING, record_id) == 1


def test_a_class_that_was_imported_wrongly_is_corrected_by_an_import_before_it_was_shown(
    bureau: Bureau,
) -> None:
    record_id = bureau.penalty(severity="轻微")
    bureau.take_in("penalty", record_id, severity="一般")
    bureau.send()
    assert bureau.held(SITE, record_id) == 2


def test_a_class_that_ends_what_is_shown_by_import_is_not_undone_by_the_next_import(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    bureau.take_in("penalty", record_id, severity="轻微")
    bureau.take_in("penalty", record_id, severity="一般")
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.held(SITE, record_id) == 3


def test_a_class_is_only_for_what_has_one(bureau: Bureau) -> None:
    record_id = bureau.shown()
    with pytest.raises(InputError, match="失信程度只用于行政处罚"):
        classify(bureau, record_id, "很重")


def test_the_site_answers_late_and_in_the_meantime_it_is_put_up_again(bureau: Bureau) -> None:
    record_id = bureau.shown()
    site = bureau.connectors[SITE]
    stop(bureau, record_id)
    site.answers = [reply(Outcome.IN_DOUBT, code="read_timeout"), accepted]
    bureau.send(SITE)
    put_up(bureau, record_id)
    assert bureau.asked(SITE, record_id)[1:] == [("take_down", 1, "in_doubt")]
    site.reports = [decided(BatchProgress.UNKNOWN_BATCH, [])]
    bureau.clock.advance(120)
    resolve_doubts(bureau.worker(), bureau.platform(SITE))
    bureau.send(SITE)
    assert bureau.asked(SITE, record_id)[1:] == [
        ("take_down", 1, "accepted"),
        ("insert", 1, "accepted"),
    ]
    assert bureau.held(SITE, record_id) == 1
