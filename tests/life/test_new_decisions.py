"""What a platform once refused to let go of is asked for anew when decided anew, only then."""

import pytest

from tests.life.bureau import SHARING, SITE, Bureau
from tests.submission_queue.world import reply
from xinqiao.adapters.base import Outcome, RowResult
from xinqiao.database.tables import submission
from xinqiao.errors import RefusedError
from xinqiao.queue import operations
from xinqiao.queue.publishing import Why

REFUSES = reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "0041"))


def forbid(bureau: Bureau, record_id: str) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection).stop(record_id, Why.FORBIDDEN, "沂交通知〔2026〕3号")


def put_up(bureau: Bureau, record_id: str) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection, "下错了").put_up(record_id)


def refused(bureau: Bureau, platform: str) -> None:
    bureau.connectors[platform].answers.insert(0, REFUSES)
    bureau.send(platform)
    bureau.clock.advance(3600)


def switch(bureau: Bureau, platform: str, *, on: bool) -> None:
    bureau.switches = {"penalty": {platform: on}}
    bureau.apply_routes()
    bureau.clock.advance(60)


def removals(bureau: Bureau, platform: str, record_id: str) -> list[tuple[str, str]]:
    return [(row[0], row[2]) for row in bureau.asked(platform, record_id)[1:]]


def test_a_withdrawal_is_sent_although_the_route_was_given_up_in_vain(bureau: Bureau) -> None:
    record_id = bureau.shown()
    switch(bureau, SHARING, on=False)
    refused(bureau, SHARING)
    bureau.withdraw(record_id)
    bureau.send()
    assert removals(bureau, SHARING, record_id) == [
        ("withdraw", "rejected"),
        ("withdraw", "accepted"),
    ]
    assert bureau.held(SHARING, record_id) is None
    assert bureau.duties(SHARING, record_id)[-1][2] == "accepted"


def test_a_withdrawal_is_sent_although_a_person_gave_an_earlier_one_up(bureau: Bureau) -> None:
    record_id = bureau.shown()
    switch(bureau, SHARING, on=False)
    (waiting,) = bureau.rows(submission, submission.c.operation == "withdraw")
    with bureau.acting() as (connection, cause):
        operations.cancel(connection, [waiting.id], cause)
    bureau.clock.advance(60)
    bureau.withdraw(record_id)
    bureau.send()
    assert removals(bureau, SHARING, record_id)[-1] == ("withdraw", "accepted")


def test_a_withdrawal_waits_for_what_is_under_way_and_is_sent_after_it(bureau: Bureau) -> None:
    record_id = bureau.shown()
    switch(bureau, SHARING, on=False)
    refused(bureau, SHARING)
    switch(bureau, SHARING, on=True)
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.connectors[SHARING].answers.insert(0, reply(Outcome.IN_DOUBT))
    bureau.send(SHARING)
    bureau.withdraw(record_id)
    (update,) = bureau.rows(submission, submission.c.state == "in_doubt")
    bureau.clock.advance(120)
    with bureau.acting() as (connection, cause):
        absent = operations.Resolution.ABSENT
        evidence = operations.Evidence("截图.png", "0" * 64)
        operations.resolve(connection, [update.id], cause, resolution=absent, evidence=evidence)
    bureau.send()
    assert removals(bureau, SHARING, record_id) == [
        ("withdraw", "rejected"),
        ("update", "cancelled"),
        ("withdraw", "accepted"),
    ]


def test_what_is_forbidden_again_after_a_refusal_is_taken_down_again(bureau: Bureau) -> None:
    record_id = bureau.shown()
    forbid(bureau, record_id)
    refused(bureau, SITE)
    put_up(bureau, record_id)
    bureau.clock.advance(60)
    forbid(bureau, record_id)
    bureau.send()
    assert removals(bureau, SITE, record_id) == [
        ("take_down", "rejected"),
        ("take_down", "accepted"),
    ]
    assert bureau.held(SITE, record_id) is None


def test_the_end_of_the_period_is_a_decision_of_its_own(bureau: Bureau) -> None:
    record_id = bureau.shown(severity="一般")
    forbid(bureau, record_id)
    refused(bureau, SITE)
    put_up(bureau, record_id)
    bureau.pass_days(4 * 366)
    assert bureau.end_of_day()
    bureau.send()
    assert removals(bureau, SITE, record_id)[-1] == ("take_down", "accepted")


@pytest.mark.parametrize("platform", [SHARING, SITE])
def test_a_route_that_is_given_up_again_is_asked_for_again(bureau: Bureau, platform: str) -> None:
    record_id = bureau.shown()
    switch(bureau, platform, on=False)
    refused(bureau, platform)
    switch(bureau, platform, on=True)
    switch(bureau, platform, on=False)
    bureau.send()
    assert removals(bureau, platform, record_id)[-1][1] == "accepted"
    assert bureau.held(platform, record_id) is None


def test_what_was_refused_is_put_up_when_a_person_says_so_again(bureau: Bureau) -> None:
    record_id = bureau.shown()
    forbid(bureau, record_id)
    bureau.send()
    put_up(bureau, record_id)
    refused(bureau, SITE)
    forbid(bureau, record_id)
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.asked(SITE, record_id)[-2:] == [
        ("insert", 1, "rejected"),
        ("insert", 1, "accepted"),
    ]


def test_no_import_and_no_further_look_asks_again_for_what_was_refused(bureau: Bureau) -> None:
    record_id = bureau.shown()
    forbid(bureau, record_id)
    refused(bureau, SITE)
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    with bureau.database.writing() as connection:
        bureau.desk(connection).classify(record_id, "一般", "沂交认〔2026〕9号", published=False)
    bureau.apply_routes()
    bureau.send()
    assert removals(bureau, SITE, record_id) == [("take_down", "rejected")]


def test_a_refused_withdrawal_is_not_asked_for_again_by_itself(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.withdraw(record_id)
    refused(bureau, SHARING)
    bureau.apply_routes()
    bureau.send()
    assert removals(bureau, SHARING, record_id) == [("withdraw", "rejected")]


def test_a_withdrawal_by_mistake_is_undone_although_an_earlier_removal_was_sent(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    switch(bureau, SHARING, on=False)
    bureau.send()
    switch(bureau, SHARING, on=True)
    bureau.send()
    bureau.clock.advance(60)
    bureau.withdraw(record_id)
    bureau.clock.advance(60)
    bureau.undo_withdrawal(record_id)
    bureau.send()
    assert (bureau.held(SHARING, record_id), bureau.held(SITE, record_id)) == (1, 1)
    assert removals(bureau, SHARING, record_id) == [
        ("withdraw", "accepted"),
        ("insert", "accepted"),
        ("withdraw", "cancelled"),
    ]


def test_a_withdrawal_is_not_undone_once_what_waited_before_it_was_sent_for_it(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    switch(bureau, SHARING, on=False)
    bureau.withdraw(record_id)
    bureau.clock.advance(60)
    bureau.send()
    with pytest.raises(RefusedError, match="已经报给平台"):
        bureau.undo_withdrawal(record_id)


def by_hand(bureau: Bureau, record_id: str, state: str) -> None:
    """Prove that the last thing made for a record at the site was handed to a person."""
    bureau.by_hand = True
    bureau.send(SITE)
    assert bureau.asked(SITE, record_id)[-1][2] == state


def test_an_undone_take_down_by_hand_is_not_asked_of_the_person_any_more(bureau: Bureau) -> None:
    record_id = bureau.shown()
    forbid(bureau, record_id)
    by_hand(bureau, record_id, "held")
    put_up(bureau, record_id)
    assert removals(bureau, SITE, record_id) == [("take_down", "cancelled")]
    assert bureau.held(SITE, record_id) == 1
    bureau.by_hand = False
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.send()
    assert bureau.held(SITE, record_id) == 2


def test_an_undone_withdrawal_by_hand_is_not_asked_of_the_person_any_more(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.withdraw(record_id)
    by_hand(bureau, record_id, "held")
    bureau.undo_withdrawal(record_id)
    assert removals(bureau, SITE, record_id) == [("withdraw", "cancelled")]
    assert bureau.held(SITE, record_id) == 1


def test_a_take_down_by_hand_that_a_person_did_is_put_up_anew(bureau: Bureau) -> None:
    record_id = bureau.shown()
    forbid(bureau, record_id)
    by_hand(bureau, record_id, "held")
    (held,) = bureau.rows(submission, submission.c.state == "held")
    with bureau.acting() as (connection, cause):
        done, evidence = operations.Resolution.ACCEPTED, operations.Evidence("截图.png", "0" * 64)
        operations.resolve(connection, [held.id], cause, resolution=done, evidence=evidence)
    put_up(bureau, record_id)
    bureau.send()
    assert bureau.asked(SITE, record_id)[-2:] == [
        ("take_down", 1, "accepted"),
        ("insert", 1, "accepted"),
    ]


def test_a_withdrawal_that_a_person_did_by_hand_is_not_undone(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.withdraw(record_id)
    by_hand(bureau, record_id, "held")
    (held,) = bureau.rows(submission, submission.c.state == "held")
    with bureau.acting() as (connection, cause):
        done, evidence = operations.Resolution.ACCEPTED, operations.Evidence("截图.png", "0" * 64)
        operations.resolve(connection, [held.id], cause, resolution=done, evidence=evidence)
    with pytest.raises(RefusedError, match=f"报送件 {held.id}"):
        bureau.undo_withdrawal(record_id)


def test_what_a_person_keeps_back_before_it_was_sent_first_stays_kept_back(bureau: Bureau) -> None:
    record_id = bureau.penalty()
    (first,) = bureau.rows(submission, submission.c.platform == SHARING)
    with bureau.acting() as (connection, cause):
        operations.hold(connection, [first.id], cause)
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.send()
    assert bureau.asked(SHARING, record_id) == [("insert", 1, "held")]
