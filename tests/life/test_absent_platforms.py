"""Whoever shows or holds a record is planned for, also while it is cut off from us."""

import pytest

from tests.life.bureau import NOTICE, SHARING, SITE, Bureau
from tests.submission_queue.world import reply
from xinqiao.adapters.base import Operation, Outcome
from xinqiao.database.tables import holding
from xinqiao.queue.publicity import Showing
from xinqiao.queue.publishing import Why
from xinqiao.queue.showing import Shown

CUT_OFF = pytest.mark.parametrize("how", ["route switched off", "file away"])


def cut_off(bureau: Bureau, how: str) -> None:
    if how == "file away":
        bureau.away = {SITE}
    else:
        bureau.switches = {"penalty": {SITE: False}}


def stop(bureau: Bureau, record_id: str, why: Why = Why.FORBIDDEN) -> list[Shown]:
    with bureau.database.writing() as connection:
        return bureau.desk(connection).stop(record_id, why, "沂交通知〔2026〕3号")


def classify(bureau: Bureau, record_id: str) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection).classify(record_id, "轻微", "沂交认〔2026〕9号", published=False)


def gone(bureau: Bureau, record_id: str) -> bool:
    bureau.away = set()
    bureau.send()
    return (
        bureau.asked(SITE, record_id)[-1] == ("take_down", 1, "accepted")
        and bureau.held(SITE, record_id) is None
        and bureau.held(SHARING, record_id) == 1
    )


@CUT_OFF
@pytest.mark.parametrize("why", [Why.PERSON, Why.FORBIDDEN])
def test_a_take_down_is_planned_for_a_site_that_is_cut_off(
    bureau: Bureau, how: str, why: Why
) -> None:
    record_id = bureau.shown()
    cut_off(bureau, how)
    assert stop(bureau, record_id, why) == [Shown(SITE, must_go=True, until=None)]
    assert bureau.line(record_id).showing is Showing.TAKING_DOWN
    assert gone(bureau, record_id)


@CUT_OFF
def test_a_class_that_is_not_shown_reaches_a_site_that_is_cut_off(bureau: Bureau, how: str) -> None:
    record_id = bureau.shown()
    cut_off(bureau, how)
    classify(bureau, record_id)
    assert gone(bureau, record_id)
    assert bureau.line(record_id).why == "minor"


@CUT_OFF
@pytest.mark.parametrize("kind", ["repair", "repair_notice"])
def test_a_repair_reaches_a_site_that_is_cut_off(bureau: Bureau, how: str, kind: str) -> None:
    record_id = bureau.shown()
    cut_off(bureau, how)
    bureau.take_in(kind)
    assert NOTICE["target_kind"] == "行政处罚"
    assert gone(bureau, record_id)


def test_an_undone_withdrawal_does_not_put_up_what_was_taken_down_at_an_absent_site(
    bureau: Bureau,
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.send()
    bureau.withdraw(record_id)
    bureau.clock.advance(60)
    bureau.away = {SITE}
    bureau.undo_withdrawal(record_id)
    bureau.away = set()
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert bureau.asked(SITE, record_id)[-1] == ("take_down", 1, "accepted")
    assert bureau.line(record_id).showing is Showing.TAKEN_DOWN


def test_an_undone_withdrawal_keeps_the_last_day_at_an_absent_site(bureau: Bureau) -> None:
    record_id = bureau.shown(severity="一般")
    (before,) = bureau.rows(holding, holding.c.platform == SITE)
    assert before.shown_until is not None
    bureau.away = {SITE}
    bureau.withdraw(record_id)
    bureau.undo_withdrawal(record_id)
    (row,) = bureau.rows(holding, holding.c.platform == SITE)
    assert (row.wanted_version, row.removal) == (1, Operation.TAKE_DOWN.value)
    assert row.shown_until == before.shown_until
    assert bureau.line(record_id).showing is Showing.SHOWN


@pytest.mark.parametrize("platform", [SITE, SHARING])
def test_a_correction_is_sent_when_the_platform_is_back(bureau: Bureau, platform: str) -> None:
    record_id = bureau.shown()
    bureau.away = {platform}
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    assert len(bureau.duties(platform, record_id)) == 2
    bureau.away = set()
    bureau.send()
    assert bureau.asked(platform, record_id)[-1] == ("update", 2, "accepted")
    assert bureau.held(platform, record_id) == 2
    assert bureau.duties(platform, record_id)[-1][2] == "accepted"


def test_what_arrives_at_none_that_is_connected_is_not_planned(bureau: Bureau) -> None:
    bureau.away = {SITE}
    record_id = bureau.penalty()
    assert bureau.asked(SITE, record_id) == []
    assert bureau.rows(holding, holding.c.platform == SITE) == []


def test_an_older_version_that_is_planned_is_found_when_routes_are_applied(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    with bureau.database.writing() as connection:
        # as an earlier edition of the program left it
        connection.execute(holding.update().values(wanted_version=1))
        connection.exec_driver_sql("UPDATE submission SET state = 'cancelled' WHERE version = 2")
        connection.exec_driver_sql("UPDATE submission SET code = 'superseded' WHERE version = 2")
        connection.exec_driver_sql("DELETE FROM duty WHERE version = 2")
    assert bureau.apply_routes().records == 1
    bureau.send()
    for platform in (SITE, SHARING):
        assert bureau.held(platform, record_id) == 2
        assert len(bureau.duties(platform, record_id)) == 2
    assert bureau.apply_routes().records == 0


def test_what_may_have_left_for_an_absent_site_is_taken_down_once_it_is_known(
    bureau: Bureau,
) -> None:
    record_id = bureau.penalty()
    bureau.connectors[SITE].answers = [reply(Outcome.RECEIVED)]
    bureau.send()
    bureau.away = {SITE}
    (found,) = stop(bureau, record_id)
    assert found.must_go
    (row,) = bureau.rows(holding, holding.c.platform == SITE)
    assert row.wanted_version is None


def test_a_correction_that_came_while_a_route_was_off_is_owed_once(bureau: Bureau) -> None:
    record_id = bureau.shown()
    bureau.switches = {"penalty": {SHARING: False}}
    bureau.apply_routes()
    bureau.take_in("penalty", record_id, content="罚款2000元，已缴纳")
    bureau.switches = {}
    bureau.apply_routes()
    bureau.send()
    assert bureau.held(SHARING, record_id) == 2
    assert [one[2] for one in bureau.duties(SHARING, record_id)] == ["accepted", "accepted"]
