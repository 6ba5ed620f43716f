"""Ledger against ledger over HTTP: what differs is found, and a broken ledger proves nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from tests.e2e.test_penalties import FIRM, FIRM_KEY, PERSON, PERSON_KEY, load
from tests.support import wait_until
from xinqiao.adapters.profile import Profile
from xinqiao.database.tables import audit, submission
from xinqiao.errors import InputError
from xinqiao.queue.withdrawal import Revocation


def number(index: int) -> str:
    return f"云交许〔2026〕{index:04}号"


def reconcile(stage: Rehearsal) -> dict[str, Any]:
    today = stage.hub.clock.today()
    day = timedelta(days=1)
    return stage.hub.reconcile(PLATFORM, today - day, today + day)[PLATFORM].plain()


def keys(found: list[dict[str, Any]]) -> list[str]:
    return [one["document_number"] for one in found]


@pytest.fixture
def settled(stage: Rehearsal) -> Rehearsal:
    """Three permits and two joint offenders, all accepted and visible."""
    stage.load(permit(1), permit(2), permit(3))
    load(stage, FIRM, PERSON)
    stage.settle(accepted=5)
    stage.set(visible=("visible_after_seconds = 0.2", "visible_after_seconds = 0"))
    return stage


def test_what_both_sides_hold_alike_is_matched_and_nothing_else_is_said(
    settled: Rehearsal,
) -> None:
    found = reconcile(settled)
    assert (found["matched"], found["complete"]) == (5, True)
    for name in ("missing_at_platform", "unknown_locally", "different", "repeated_at_platform"):
        assert found[name] == []
    # decided weeks ago: none of these days
    assert found["metrics"] == {}


def test_what_was_decided_in_the_window_is_counted_as_on_time_late_or_overdue(
    settled: Rehearsal,
) -> None:
    settled.load(permit(9, name="云溪县未登记货运有限公司"))
    settled.settle(accepted=5, rejected=1)
    hub = settled.hub
    report = hub.reconcile(PLATFORM, date(2026, 11, 1), hub.clock.today())[PLATFORM]
    permits = next(one for one in report.punctuality if one.kind == "permit")
    # decided on 2026-11-03, due on the 12th: three came late and one never
    assert (permits.on_time, permits.late, permits.overdue, permits.open) == (0, 3, 1, 0)
    assert permits.plain()["on_time_rate"] == 0.0


def test_every_kind_of_difference_is_found_and_named(settled: Rehearsal) -> None:
    plant = settled.simulator.plant
    plant("permit", number(1), fields=None)
    plant("permit", number(2), fields={"XK_NR": "别的内容"})
    plant("permit", "外来〔2026〕1号", fields={"XK_WSH": "外来〔2026〕1号", "XK_XDR_MC": "外来"})
    plant("penalty", FIRM["行政处罚决定文书号"], subject=PERSON["行政相对人名称"], fields=None)
    found = reconcile(settled)
    assert found["matched"] == 2
    assert sorted(keys(found["missing_at_platform"])) == sorted([number(1), PERSON_KEY])
    (stranger,) = found["unknown_locally"]
    assert (stranger["document_number"], stranger["why"]) == ("外来〔2026〕1号", "never_sent")
    (difference,) = found["different"]
    assert difference["field"] == "XK_NR"
    assert (difference["ours"], difference["theirs"]) == ("货运", "别的内容")


def test_a_difference_in_an_identity_number_shows_no_number(settled: Rehearsal) -> None:
    name = PERSON["行政相对人名称"]
    other = "37032319010307889X"
    settled.simulator.plant(
        "penalty", FIRM["行政处罚决定文书号"], subject=name, fields={"CF_XDR_ZJHM": other}
    )
    found = reconcile(settled)
    (difference,) = found["different"]
    assert difference["field"] == "CF_XDR_ZJHM"
    assert other not in str(found)
    assert PERSON["证件号码"] not in str(found)


@pytest.mark.parametrize(
    "fault", ["short_list", "reset_mid_answer", "html_page", "timeout_before", "wrong_encoding"]
)
def test_a_ledger_that_breaks_off_is_never_taken_for_the_rest_is_missing(
    settled: Rehearsal, fault: str
) -> None:
    settled.simulator.plant("permit", number(3), fields=None)
    seconds = {"seconds": 20} if fault.startswith("timeout") else {}
    # ledgers are read in the order of the kinds' names: the fifth is that of the permits
    settled.simulator.queue_faults([{"name": fault, "call": "ledger", "nth": 5, **seconds}])
    found = reconcile(settled)
    assert found["complete"] is False
    assert found["incomplete_because"]
    # the ledgers before it were whole, this one was not: its rows are not called missing
    assert all(one["kind"] == "penalty" for one in found["missing_at_platform"])
    # after a call without an answer the platform is left alone for a moment
    wait_until(lambda: reconcile(settled)["complete"], lambda: "the ledger stays incomplete")
    assert keys(reconcile(settled)["missing_at_platform"]) == [number(3)]


def test_a_broken_ledger_changes_and_resends_nothing(settled: Rehearsal) -> None:
    settled.simulator.queue_faults([{"name": "html_page", "call": "ledger"}])
    before = settled.submissions()
    reconcile(settled)
    settled.sync()
    assert settled.submissions() == before


def test_many_pages_give_the_same_result_as_one(settled: Rehearsal) -> None:
    stage = settled
    path = stage.workspace.root / "platforms" / f"{PLATFORM}.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[operations.ledger]\npage_size = 2\n", "utf-8")
    stage.simulator.plant("permit", number(1), fields=None)
    found = reconcile(stage)
    assert (found["matched"], found["complete"]) == (4, True)
    assert keys(found["missing_at_platform"]) == [number(1)]


def test_a_withdrawn_permit_is_right_as_void_and_wrong_as_valid(settled: Rehearsal) -> None:
    found = settled.hub.find_record(number(1))
    settled.hub.withdraw(found.id, Revocation(date(2026, 11, 20), "撤〔2026〕1号"), "撤销")
    settled.settle(accepted=6)
    assert reconcile(settled)["matched"] == 5
    settled.simulator.plant("permit", number(1), fields={"XK_ZT": "1"})
    (difference,) = reconcile(settled)["different"]
    assert (difference["field"], difference["theirs"]) == ("XK_ZT", "1")


def test_a_deleted_penalty_that_is_still_there_is_told(settled: Rehearsal) -> None:
    record = next(
        row["record"] for row in settled.submissions() if row["document_number"] == FIRM_KEY
    )
    revocation = Revocation(date(2026, 11, 20), "撤〔2026〕1号")
    settled.hub.withdraw(record, revocation, "撤销")
    settled.settle(accepted=6)
    assert reconcile(settled)["matched"] == 4
    name = FIRM["行政相对人名称"]
    document = FIRM["行政处罚决定文书号"]
    settled.simulator.plant(
        "penalty", document, subject=name, fields={"CF_WSH": document, "CF_XDR_MC": name}
    )
    (stranger,) = reconcile(settled)["unknown_locally"]
    assert (stranger["why"], stranger["record"]) == ("withdrawn", record)


def test_what_is_under_way_is_neither_missing_nor_unknown(stage: Rehearsal) -> None:
    stage.load(permit(1))
    stage.simulator.queue_faults([{"name": "timeout_after_commit", "seconds": 20}])
    stage.sync()
    with stage.hub.database.writing() as connection:
        connection.execute(sa.update(submission).values(state="in_doubt"))
    wait_until(lambda: reconcile(stage)["complete"], lambda: "the ledger stays incomplete")
    found = reconcile(stage)
    assert (found["under_way"], found["unknown_locally"]) == (1, [])


def test_reconciling_is_noted_in_the_log_with_its_figures(settled: Rehearsal) -> None:
    reconcile(settled)
    with settled.hub.database.reading() as connection:
        body = connection.execute(
            sa.select(audit.c.body).where(audit.c.action == "reconcile.finished")
        ).scalar_one()
    assert '"matched":5' in body


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [(2, 1, "晚于截止日期"), (1, 2, "还没有到")],
)
def test_a_span_of_days_that_cannot_be_is_refused(
    stage: Rehearsal, start: int, end: int, message: str
) -> None:
    today = stage.hub.clock.today()
    with pytest.raises(InputError, match=message):
        stage.hub.reconcile(PLATFORM, today + timedelta(start), today + timedelta(end))


def test_a_platform_that_is_not_filled_in_still_shows_the_time_limits(stage: Rehearsal) -> None:
    stage.load(permit(1))
    path = stage.workspace.root / "platforms" / f"{PLATFORM}.toml"
    path.write_text(f'[transport]\nbase_url = ""\nverify_tls = {str(False).lower()}\n', "utf-8")
    report = stage.hub.reconcile(PLATFORM, date(2026, 11, 1), stage.hub.clock.today())[PLATFORM]
    assert "没有填写接口地址" in report.note
    assert report.needs_a_person
    (figures,) = report.punctuality
    assert (figures.overdue, figures.due, figures.rate) == (1, 1, 0.0)
    assert isinstance(stage.hub.platforms[PLATFORM].profile, Profile)
