"""A difference is opened once, closed once, and reopened with its history."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.reconcile.ledger_stands import (
    BREAKS,
    TODAY,
    compare,
    document,
    ledger_of,
    report,
    send,
    settle_down,
    took,
)
from tests.submission_queue.world import World, reply
from xinqiao.adapters.base import Outcome
from xinqiao.database.tables import difference, difference_event, record
from xinqiao.reconcile.differences.catalogue import ACTIONS, natures
from xinqiao.reconcile.differences.store import ACCEPTED_THEIRS, close


def items(world: World) -> list[tuple[str, str, bool, int]]:
    """Return what, key, whether it is open, and how often it was opened."""
    return [
        (row.what, row.document_number, row.closed_at is None, row.times)
        for row in world.rows(difference)
    ]


def history(world: World) -> list[str]:
    return [row.what for row in world.rows(difference_event)]


def known(world: World, number: int) -> None:
    """Let a person accept a difference as it is."""
    with world.database.writing() as connection:
        close(connection, [number], ACCEPTED_THEIRS, world.cause("已核实"))


def missing_one(world: World) -> None:
    report(world, 1, 2)
    ledger_of(world).shows(2)
    settle_down(world)
    compare(world)


def test_what_is_seen_again_is_the_same_difference(office: World) -> None:
    missing_one(office)
    (before,) = office.rows(difference)
    office.clock.advance(60)
    compare(office)
    (after,) = office.rows(difference)
    assert items(office) == [("missing_at_platform", document(1), True, 1)]
    assert history(office) == ["opened"]
    assert (after.opened_at, after.id) == (before.opened_at, before.id)
    assert after.last_seen_at > before.last_seen_at
    assert office.audited().count("difference.opened") == 1


def test_each_sort_is_kept_with_its_suggestion(office: World) -> None:
    report(office, 1, 2, 3)
    platform = ledger_of(office)
    platform.shows(2, XK_NR="别的")
    platform.shows(3)
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    platform.shown.append(platform.shown[1])
    settle_down(office)
    compare(office)
    assert {(row.what, row.suggested) for row in office.rows(difference)} == {
        ("missing_at_platform", "resend"),
        ("different", "correct"),
        ("unknown_locally", "accept-theirs"),
        ("repeated", "withdraw"),
    }


def test_what_shows_again_closes_by_itself_and_comes_back_with_its_history(office: World) -> None:
    missing_one(office)
    ledger_of(office).shows(1)
    compare(office)
    assert items(office) == [("missing_at_platform", document(1), False, 1)]
    ledger_of(office).shown = [one for one in ledger_of(office).shown if one.key != document(1)]
    compare(office)
    assert items(office) == [("missing_at_platform", document(1), True, 2)]
    assert history(office) == ["opened", "closed", "reopened"]
    assert [one for one in office.audited() if one.startswith("difference.")] == [
        "difference.opened",
        "difference.closed",
        "difference.reopened",
    ]


@pytest.mark.parametrize("sort", ["different", "unknown_locally", "repeated"])
def test_what_a_whole_ledger_shows_no_more_is_gone(office: World, sort: str) -> None:
    report(office, 1, 2)
    platform = ledger_of(office)
    platform.shows(1)
    platform.shows(2)
    settle_down(office)
    sound = list(platform.shown)
    if sort == "different":
        platform.shows(1, XK_NR="别的")
    elif sort == "unknown_locally":
        platform.shows_foreign("外〔2026〕1号", "SD-77")
    else:
        platform.shown.append(platform.shown[0])
    compare(office)
    assert [(what, there) for what, _, there, _ in items(office)] == [(sort, True)]
    platform.shown = sound
    compare(office)
    assert [(what, there) for what, _, there, _ in items(office)] == [(sort, False)]


@pytest.mark.parametrize("manner", sorted(BREAKS))
def test_a_ledger_that_breaks_off_opens_nothing_missing_and_closes_nothing(
    office: World, manner: str
) -> None:
    report(office, 1, 2)
    platform = ledger_of(office)
    platform.shows(1)
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    settle_down(office)
    platform.page_size = 1
    compare(office)
    before = items(office)
    platform.shown = []
    platform.breaks = {1: BREAKS[manner]}
    if manner in {"one lost", "ends early"}:
        # of an empty page nothing can be lost: the total alone tells
        platform.shows(1)
    settle_down(office)
    assert compare(office).incomplete
    assert items(office) == before


def test_a_look_at_other_days_does_not_tell_that_it_is_gone(office: World) -> None:
    platform = ledger_of(office)
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    compare(office)
    platform.shown = []
    compare(office, start=TODAY - timedelta(3))
    assert items(office)[0][2], "the reading covers four days of eight"
    compare(office, start=TODAY - timedelta(30))
    assert not items(office)[0][2]


def test_what_is_under_way_stays_open_until_it_is_decided(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1, XK_NR="别的")
    settle_down(office)
    compare(office)
    office.version(record_id, 2, 1, content="改")
    send(office, reply(Outcome.RECEIVED))
    settle_down(office)
    assert compare(office).under_way == 1
    assert items(office) == [("different", document(1), True, 1)]


def test_what_a_person_accepted_is_not_opened_again_while_it_is_the_same(office: World) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.shows(1, XK_NR="别的")
    settle_down(office)
    compare(office)
    known(office, office.rows(difference)[0].id)
    found = compare(office)
    assert (found.known, found.clean) == (1, True)
    assert items(office) == [("different", document(1), False, 1)]
    platform.shows(1, XK_NR="又一个")
    assert not compare(office).clean
    assert items(office) == [("different", document(1), True, 2)]


def test_a_change_in_what_is_not_shown_is_a_change(office: World) -> None:
    """The differing values are masked alike; the hash of what they were tells them apart."""
    passport = {
        "subject__category": "自然人",
        "subject__unified_social_credit_code": "",
        "subject__legal_representative": "",
        "subject__certificate_type": "护照号",
        "subject__certificate_number": "E12345678",
    }
    office.add(1, **passport)
    send(office, took())
    platform = ledger_of(office)
    platform.shows(1, XK_XDR_ZJHM="E87654321")
    settle_down(office)
    compare(office)
    known(office, office.rows(difference)[0].id)
    compare(office)
    assert not items(office)[0][2]
    platform.shows(1, XK_XDR_ZJHM="E11111111")
    compare(office)
    assert items(office)[0][2]


def test_a_department_has_its_own_list(office: World) -> None:
    report(office, 1)
    with office.database.writing() as connection:
        connection.execute(sa.update(record).values(department="运输科"))
    settle_down(office)
    compare(office)
    assert [row.department for row in office.rows(difference)] == ["运输科"]


def test_identity_numbers_stand_in_no_difference(office: World) -> None:
    number = "370323190711118764"
    report(office, 1)
    platform = ledger_of(office)
    platform.shows(1, XK_NR=f"货运，{number}")
    platform.shows_foreign(number, f"SD-{number}")
    settle_down(office)
    compare(office)
    assert len(items(office)) == 2
    with office.database.reading() as connection:
        for table in ("difference", "difference_event", "ledger_reading", "audit"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608 - names of tables
            assert number not in str(rows)


def test_every_row_of_the_table_names_known_actions() -> None:
    for one in natures().values():
        assert set(one.actions) <= set(ACTIONS)
        assert one.advice
