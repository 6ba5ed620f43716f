"""Ledger against ledger: what differs is named, and what proves nothing is not said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.reconcile.ledger_stands import (
    BREAKS,
    TODAY,
    compare,
    differences,
    document,
    ledger_of,
    numbers_missing,
    report,
    send,
    settle_down,
    strangers,
    took,
)
from tests.submission_queue.world import PLATFORM, World, accepted, decided, reply
from xinqiao.adapters.base import BatchProgress, LedgerEntry, LedgerPage, Outcome, Reply, RowResult
from xinqiao.database.tables import platform_state, record_version, submission
from xinqiao.queue.platforms import note_failure, pause, standing
from xinqiao.queue.states import State
from xinqiao.queue.withdrawal import Revocation, withdraw
from xinqiao.reconcile.ledgers import judging
from xinqiao.reconcile.ledgers.findings import Waiting
from xinqiao.reconcile.ledgers.judging import CONTENT_PRUNED
from xinqiao.reconcile.receipts import collect
from xinqiao.records.kinds import kind_of

REVOKED = Revocation(date(2026, 11, 19), "撤〔2026〕1号")


def take_back(world: World, record_id: str) -> None:
    """Record that a decision was revoked; what follows is not sent yet."""
    with world.database.writing() as connection:
        withdraw(connection, world.planner(), record_id, REVOKED, world.cause("撤销"))


def forget_key(world: World) -> None:
    """Let an accepted void row stand as a deletion, as where the platform deletes."""
    with world.database.writing() as connection:
        connection.exec_driver_sql("UPDATE holding SET held_key = NULL")
        connection.exec_driver_sql(
            "UPDATE submission SET operation = 'withdraw' WHERE operation = 'update'"
        )


def is_clean(world: World) -> bool:
    return compare(world).clean


# what both sides hold


def test_what_both_sides_hold_alike_is_matched(office: World) -> None:
    report(office, 1, 2)
    ledger_of(office).shows(1)
    ledger_of(office).shows(2, XK_JDRQ="2026-11-17 00:00:00", XK_NR=" 道路普通货物运输 ")
    settle_down(office)
    found = compare(office)
    assert (found.matched, found.clean) == (2, True)


def test_a_difference_names_record_field_and_both_values(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1, XK_NR="出租汽车经营")
    settle_down(office)
    (found,) = compare(office).different
    assert (found.record, found.kind, found.document_number) == (record_id, "permit", document(1))
    assert (found.field, found.name) == ("XK_NR", "许可内容")
    assert (found.ours, found.theirs) == ("道路普通货物运输", "出租汽车经营")


def test_a_field_that_the_ledger_does_not_tell_is_no_difference(office: World) -> None:
    report(office, 1)
    ledger_of(office).shown = [LedgerEntry(document(1), {"XK_NR": "道路普通货物运输"}, "SD-1")]
    settle_down(office)
    assert compare(office).matched == 1


def test_an_entry_that_tells_only_its_number_proves_no_content(office: World) -> None:
    report(office, 1, 2)
    ledger_of(office).shown = [LedgerEntry(document(1), {}, "SD-1")]
    ledger_of(office).shows_foreign(document(2), "SD-2")
    settle_down(office)
    found = compare(office)
    assert (found.matched, found.by_number_only, found.clean) == (0, 2, True)


def test_a_version_that_the_present_format_refuses_is_said_to_be_beyond_comparison(
    office: World,
) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    with office.database.writing() as connection:
        content = connection.execute(sa.select(record_version.c.content)).scalar_one()
        unknown = {**content, "permit_class": "没有这个类别"}
        connection.execute(sa.update(record_version).values(content=unknown))
    (found,) = compare(office).different
    assert (found.record, found.field) == (record_id, "")
    assert "格式表已改" in found.ours


def test_a_held_version_whose_content_was_pruned_is_said_to_be_beyond_comparison(
    office: World,
) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    with office.database.writing() as connection:
        connection.execute(sa.update(record_version).values(content=None))
    settle_down(office)
    found = compare(office)
    assert differences(found) == [("", CONTENT_PRUNED, "")]
    assert (found.missing, found.unexpected) == ([], [])


def test_a_number_written_with_blanks_around_it_is_the_same_number(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows_foreign(document(1), XK_WSH=f" {document(1)} ", XK_XDR_LB="")
    settle_down(office)
    found = compare(office)
    assert (found.unexpected, [one.field for one in found.different]) == ([], ["XK_XDR_LB"])


def test_a_record_whose_number_was_changed_over_there_is_one_difference(office: World) -> None:
    """Known by the platform's own id: neither missing nor a stranger."""
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1, XK_WSH="云交许〔2026〕9999号")
    settle_down(office)
    found = compare(office)
    assert (found.missing, found.unexpected) == ([], [])
    assert differences(found) == [("XK_WSH", document(1), "云交许〔2026〕9999号")]
    assert found.different[0].record == record_id


# what only one side holds


def test_what_was_accepted_and_is_not_shown_is_missing(office: World) -> None:
    ids = report(office, 1, 2)
    ledger_of(office).shows(2)
    settle_down(office)
    (found,) = compare(office).missing
    assert (found.record, found.document_number) == (ids[0], document(1))


def test_an_entry_that_was_never_sent_is_a_stranger(office: World) -> None:
    ledger_of(office).shows_foreign("外〔2026〕1号", "SD-77")
    (found,) = compare(office).unexpected
    assert (found.document_number, found.reference, found.why) == (
        "外〔2026〕1号",
        "SD-77",
        "never_sent",
    )
    assert found.record == ""


def test_an_entry_that_was_refused_is_told_with_its_record(office: World) -> None:
    (record_id,) = report(office, 1)
    office.force(State.REJECTED)
    with office.database.writing() as connection:
        connection.exec_driver_sql("UPDATE holding SET held_version = NULL, held_key = NULL")
    ledger_of(office).shows(1)
    settle_down(office)
    (found,) = compare(office).unexpected
    assert (found.why, found.record) == ("refused", record_id)


def test_a_late_acceptance_under_a_number_given_up_is_told_as_replaced(office: World) -> None:
    (record_id,) = office.add(1)
    send(office, reply(Outcome.RECEIVED))
    office.clock.advance(10)
    refused = RowResult(1, Outcome.REJECTED, "1003", "格式错误")
    office.connector.reports = [decided(BatchProgress.PENDING, [refused])]
    collect(office.worker, office.platform)
    office.version(record_id, 2, 2)
    send(office, took())
    office.connector.reports = [
        decided(BatchProgress.COMPLETE, [RowResult(1, Outcome.ACCEPTED, "0000", "", "SD-1")])
    ]
    office.clock.advance(10)
    collect(office.worker, office.platform)
    assert office.states() == ["accepted", "accepted"]
    ledger_of(office).shows(1)
    ledger_of(office).shows(2)
    settle_down(office)
    found = compare(office)
    assert (found.matched, strangers(found)) == (1, [(document(1), "replaced")])


@pytest.mark.parametrize(
    ("second", "repeated"), [("SD-1", [document(1)]), ("SD-9", [document(1)]), ("", [document(1)])]
)
def test_a_number_that_stands_twice_on_a_page_is_told(
    office: World, second: str, repeated: list[str]
) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.shows(1)
    platform.shown.append(replace(platform.shown[0], reference=second))
    settle_down(office)
    found = compare(office)
    assert (found.matched, found.repeated, found.clean) == (1, repeated, False)


def test_a_number_on_two_pages_under_two_ids_is_told(office: World) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.page_size = 1
    platform.shows(1)
    platform.shown.append(replace(platform.shown[0], reference="SD-9"))
    settle_down(office)
    found = compare(office)
    assert (found.repeated, found.incomplete) == ([document(1)], "")


def test_an_entry_that_only_moved_to_the_next_page_is_not_called_repeated(office: World) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.page_size = 1
    platform.shows(1)
    platform.shown *= 2
    found = compare(office)
    assert found.repeated == []
    assert "前后页有重复" in found.incomplete


# what is under way


def test_an_update_that_is_not_decided_is_no_difference_whichever_version_shows(
    office: World,
) -> None:
    (record_id,) = report(office, 1)
    office.version(record_id, 2, 1, content="改")
    send(office, reply(Outcome.RECEIVED))
    ledger_of(office).shows(1)
    settle_down(office)
    ledger_of(office).shows(1, XK_NR="道路普通货物运输")
    found = compare(office)
    assert (found.matched, found.accepted, found.under_way, found.clean) == (1, 0, 0, True)
    ledger_of(office).shows(1)
    found = compare(office)
    assert (found.matched, found.accepted, found.under_way, found.clean) == (1, 1, 0, True)


def test_an_update_that_has_not_left_hides_no_difference(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1, XK_NR="别的")
    settle_down(office)
    office.version(record_id, 2, 1, content="改")
    settle_down(office)
    assert differences(compare(office)) == [("XK_NR", "道路普通货物运输", "别的")]


@pytest.mark.parametrize("state", ["sending", "awaiting_receipt", "in_doubt", "conflict", "held"])
def test_a_withdrawal_that_may_have_arrived_makes_nothing_missing(
    office: World, state: str
) -> None:
    (record_id,) = report(office, 1)
    take_back(office, record_id)
    send(office, reply(Outcome.RECEIVED))
    with office.database.writing() as connection:
        connection.execute(
            submission.update().where(submission.c.state == "awaiting_receipt").values(state=state)
        )
    settle_down(office)
    assert is_clean(office)


def test_a_withdrawal_that_has_not_left_makes_it_missing(office: World) -> None:
    (record_id,) = report(office, 1)
    take_back(office, record_id)
    settle_down(office)
    assert numbers_missing(compare(office)) == [document(1)]


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.HELD])
def test_what_nobody_knows_the_fate_of_is_pointed_out_when_the_ledger_shows_it(
    office: World, state: State
) -> None:
    (record_id,) = office.add(1)
    send(office, reply(Outcome.IN_DOUBT))
    office.force(state)
    ledger_of(office).shows(1)
    settle_down(office)
    found = compare(office)
    assert found.waiting == [Waiting(1, record_id, document(1), state.value)]
    assert (found.under_way, found.clean) == (1, True)


def test_what_nobody_knows_the_fate_of_is_not_missing(office: World) -> None:
    office.add(1)
    send(office, reply(Outcome.IN_DOUBT))
    settle_down(office)
    assert is_clean(office)


def test_what_was_taken_in_a_moment_ago_may_not_be_visible_yet(office: World) -> None:
    report(office, 1)
    office.clock.advance(9)
    assert is_clean(office)
    office.clock.advance(1)
    assert numbers_missing(compare(office)) == [document(1)]


def test_what_was_changed_a_moment_ago_may_still_show_as_before(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1)
    office.version(record_id, 2, 1, content="改")
    send(office, accepted)
    found = compare(office)
    assert (found.under_way, found.clean) == (1, True)
    settle_down(office)
    assert [one.field for one in compare(office).different] == ["XK_NR"]


def test_what_is_accepted_while_the_ledger_is_read_is_no_difference(office: World) -> None:
    (record_id,) = report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    office.version(record_id, 2, 1, content="改")
    settle_down(office)
    ledger_of(office).on_call = lambda: send(office, accepted)
    assert is_clean(office)


# withdrawn records


def test_a_withdrawn_permit_may_be_void_or_absent_and_not_valid(office: World) -> None:
    (record_id,) = report(office, 1)
    take_back(office, record_id)
    send(office, accepted)
    settle_down(office)
    assert is_clean(office)
    ledger_of(office).shows(1)
    found = compare(office)
    assert (found.matched, found.clean) == (1, True)
    ledger_of(office).shows(1, XK_ZT="1")
    assert differences(compare(office)) == [("XK_ZT", "2", "1")]


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"XK_ZT": "2"}, []), ({"XK_ZT": "1"}, ["withdrawn"]), ({}, ["withdrawn"])],
)
def test_a_record_that_was_taken_back_counts_as_void_only_if_the_ledger_says_so(
    office: World, told: dict[str, str], expected: list[str]
) -> None:
    (record_id,) = report(office, 1)
    take_back(office, record_id)
    send(office, accepted)
    forget_key(office)
    settle_down(office)
    ledger_of(office).shows_foreign(document(1), "SD-1", **told)
    assert [why for _, why in strangers(compare(office))] == expected


def test_a_record_that_was_taken_back_a_moment_ago_may_still_show(office: World) -> None:
    (record_id,) = report(office, 1)
    settle_down(office)
    take_back(office, record_id)
    ledger_of(office).shows(1)
    send(office, accepted)
    found = compare(office)
    assert (found.under_way, found.clean) == (1, True)
    forget_key(office)
    found = compare(office)
    assert (found.under_way, found.clean) == (1, True)


def test_a_number_that_a_void_record_gave_up_is_compared_with_the_one_that_has_it(
    office: World,
) -> None:
    report(office, 1)
    (given_up,) = report(office, 1)
    take_back(office, given_up)
    send(office, accepted)
    ledger_of(office).shows(1, XK_ZT="1")
    settle_down(office)
    found = compare(office)
    assert (found.matched, found.clean) == (1, True)


# the window's edges


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("told", "start", "end", "is_missing"),
    [
        ("2026-11-20T00:02:00", TODAY, TODAY, True),
        ("2026-11-20T00:00:59", TODAY, TODAY, False),
        ("2026-11-19T23:59:59", TODAY, TODAY, False),
        ("2026-11-19T23:58:00", TODAY - timedelta(1), TODAY - timedelta(1), True),
        ("2026-11-19T23:59:30", TODAY - timedelta(1), TODAY - timedelta(1), False),
        ("2026-11-20T00:00:00", TODAY - timedelta(1), TODAY - timedelta(1), False),
    ],
)
def test_a_time_that_the_platform_told_decides_to_the_minute(
    office: World, told: str, start: date, end: date, is_missing: bool
) -> None:
    report(office, 1, at=shanghai(told))
    settle_down(office)
    assert bool(compare(office, start, end).missing) is is_missing


@pytest.mark.parametrize(
    ("hours", "start", "end", "is_missing"),
    [
        (0, TODAY, TODAY, True),
        (12.5, TODAY, TODAY, True),
        (13.5, TODAY, TODAY, False),  # 23:30 on the 20th
        (14.5, TODAY + timedelta(1), TODAY + timedelta(1), False),  # 00:30 on the 21st
        (15.5, TODAY + timedelta(1), TODAY + timedelta(1), True),
    ],
)
def test_a_time_of_our_own_decides_only_an_hour_from_the_edge(
    office: World, hours: float, start: date, end: date, is_missing: bool
) -> None:
    office.clock.advance(hours * 3600)
    report(office, 1)
    settle_down(office)
    assert bool(compare(office, start, end).missing) is is_missing


def test_what_was_sent_on_one_day_and_decided_on_the_next_is_in_neither_day(
    office: World,
) -> None:
    office.add(1)
    send(office, reply(Outcome.RECEIVED))
    office.clock.advance(86_400)
    office.connector.reports = [
        decided(BatchProgress.COMPLETE, [RowResult(1, Outcome.ACCEPTED, "0000", "", "SD-1")])
    ]
    collect(office.worker, office.platform)
    assert office.states() == ["accepted"]
    settle_down(office)
    for day in (TODAY, TODAY + timedelta(1)):
        assert compare(office, day, day).clean
    assert compare(office, TODAY, TODAY + timedelta(1)).missing


def test_what_was_withdrawn_and_inserted_anew_is_judged_by_the_new_insert(office: World) -> None:
    """The ledger of the old days does not show it any more, with right."""
    (record_id,) = report(office, 1)
    office.clock.advance(3 * 86_400)
    office.version(record_id, 2, 2)
    send(office, accepted, accepted)
    send(office, accepted)
    assert [row.platform_key for row in office.submissions()] == [
        document(1),
        document(1),
        document(2),
    ]
    settle_down(office)
    assert compare(office, TODAY, TODAY).clean
    later = TODAY + timedelta(3)
    assert numbers_missing(compare(office, later, later)) == [document(2)]


def test_a_record_of_another_platform_or_kind_is_not_asked_of_this_ledger(office: World) -> None:
    report(office, 1)
    settle_down(office)
    found = compare(office, kind="penalty")
    assert (found.missing, found.incomplete) == ([], "")


# ledgers that prove nothing


@pytest.mark.parametrize("manner", sorted(BREAKS))
@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_ledger_that_breaks_off_on_any_page_makes_nothing_missing_and_changes_nothing(
    office: World, place: int, manner: str
) -> None:
    report(office, 1, 2, 3, 4, 5, 6, 7)
    platform = ledger_of(office)
    for number in range(1, 7):
        platform.shows(number, **({"XK_NR": "别的"} if number == 1 else {}))
    settle_down(office)
    platform.page_size, platform.breaks = 2, {place: BREAKS[manner]}
    before = office.submissions(), office.holdings(), office.duties()
    audited = office.audited()
    found = compare(office)
    assert found.missing == []
    assert found.incomplete
    assert set(office.audited()[len(audited) :]) <= {"ledger.read", "difference.opened"}
    assert {one.record for one in found.different} <= {row.record_id for row in office.holdings()}
    assert (office.submissions(), office.holdings(), office.duties()) == before
    platform.breaks = {}
    settle_down(office)
    found = compare(office)
    assert (found.matched, len(found.different), numbers_missing(found)) == (5, 1, [document(7)])


def test_a_ledger_that_does_not_tell_offenders_apart_proves_nothing(office: World) -> None:
    ledger_of(office).shown = [LedgerEntry("云交罚〔2026〕1号", {"CF_WSH": "云交罚〔2026〕1号"})]
    found = compare(office, kind="penalty")
    assert "不能逐条核对" in found.incomplete


def test_nothing_is_locked_while_the_platform_is_asked(office: World) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.shows(1)

    def write() -> None:
        with office.database.writing() as connection:
            connection.execute(platform_state.update().values(failures=0))

    platform.on_call = write
    assert compare(office).incomplete == ""


# a platform in trouble


def test_a_paused_platform_is_not_called(office: World) -> None:
    report(office, 1)
    settle_down(office)
    with office.database.writing() as connection:
        pause(connection, PLATFORM, office.cause("平台升级"))
    found = compare(office)
    assert ledger_of(office).read == []
    assert (found.missing, "平台升级" in found.incomplete) == ([], True)


def test_a_platform_that_rests_is_not_called_before_its_time(office: World) -> None:
    with office.database.writing() as connection:
        note_failure(connection, PLATFORM, 1, office.clock.now() + timedelta(minutes=5))
    assert "10:05 之后再试" in compare(office).incomplete
    assert ledger_of(office).read == []
    office.clock.advance(300)
    assert compare(office).incomplete == ""


def break_with(answer: Reply) -> Any:
    return {1: lambda _: LedgerPage(answer)}


def test_refused_credentials_pause_the_platform(office: World) -> None:
    ledger_of(office).breaks = break_with(Reply(Outcome.AUTH, "0032", "令牌无效"))
    assert "令牌无效" in compare(office).incomplete
    with office.database.reading() as connection:
        assert standing(connection, PLATFORM).paused_at is not None
    assert "已暂停" in compare(office).incomplete
    assert ledger_of(office).read == [1]


def test_a_wait_that_the_platform_asks_for_is_obeyed(office: World) -> None:
    limited = Reply(Outcome.RATE_LIMITED, "4290", "请求过于频繁", retry_after=600)
    ledger_of(office).breaks = break_with(limited)
    compare(office)
    assert "10:10 之后再试" in compare(office).incomplete
    assert ledger_of(office).read == [1]


# nothing secret is shown


def test_identity_numbers_are_shown_nowhere(office: World) -> None:
    number = "370323190711118764"
    identity = {
        "subject__category": "自然人",
        "subject__name": "溪样三",
        "subject__unified_social_credit_code": "",
        "subject__legal_representative": "",
        "subject__certificate_type": "身份证",
        "subject__certificate_number": number,
    }
    office.add(1, content=f"货运，{number}", **identity)
    send(office, accepted)
    platform = ledger_of(office)
    platform.shows(1, XK_XDR_ZJHM="37032319010307889X", XK_NR="客运，37032319010307889X")
    platform.shows_foreign(number, f"SD-{number}")
    platform.shows_foreign(number, f"SD-{number}")
    settle_down(office)
    found = compare(office)
    assert {one.field for one in found.different} == {"XK_XDR_ZJHM", "XK_NR"}
    assert (len(found.unexpected), len(found.repeated)) == (1, 1)
    shown = str(found.plain())
    assert number not in shown
    assert "37032319010307889X" not in shown


def test_a_number_that_does_not_look_like_one_is_not_shown_either(office: World) -> None:
    passport = {
        "subject__category": "自然人",
        "subject__unified_social_credit_code": "",
        "subject__legal_representative": "",
        "subject__certificate_type": "护照号",
        "subject__certificate_number": "E12345678",
    }
    office.add(1, **passport)
    send(office, accepted)
    ledger_of(office).shows(1, XK_XDR_ZJHM="E87654321")
    settle_down(office)
    ((field, ours, theirs),) = differences(compare(office))
    assert (field, ours, theirs) == ("XK_XDR_ZJHM", "（证件号码不显示）", "（证件号码不显示）")


def test_the_text_of_pictures_is_never_shown(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pictures = replace(kind_of("permit"), pictures=frozenset({"content"}))
    monkeypatch.setattr(judging, "kind_of", {"permit": with_pictures}.__getitem__)
    report(office, 1)
    ledger_of(office).shows(1, XK_NR="iVBORw0KGgo")
    settle_down(office)
    ((field, ours, theirs),) = differences(compare(office))
    assert (field, ours, theirs) == ("XK_NR", "（图片不显示）", "（图片不显示）")


def test_a_long_text_is_shown_by_its_beginning(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows(1, XK_NR="长" * 4000)
    settle_down(office)
    ((_, _, theirs),) = differences(compare(office))
    assert len(theirs) == 81
