"""A reading proves what it covers, and the mark says up to which day nothing was missed."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.reconcile.ledger_stands import (
    BREAKS,
    TODAY,
    compare,
    document,
    ledger_of,
    numbers_missing,
    report,
    send,
    settle_down,
)
from tests.submission_queue.plans import listening, plan, report_long_ago, take_stock
from tests.submission_queue.world import PLATFORM, World
from tests.support import START
from xinqiao.adapters.base import Outcome, Reply
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import audit, difference, holding, ledger_line, ledger_reading
from xinqiao.queue import operations
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.ledgers import comparison
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.ledgers.ours import Scope, held_by_reference
from xinqiao.reconcile.ledgers.readings import (
    OVERTAKEN,
    Origin,
    Reading,
    begin,
    finish,
    incremental,
    mark_of,
    whole_days,
)
from xinqiao.reconcile.span import Span
from xinqiao.reconcile.window import Window

DAY = timedelta(days=1)
FIRST = date(2026, 9, 1)


def read_on(
    office: World, window: Window | None = None, report_from: date | None = None
) -> LedgerFindings:
    """Read as the daily reconciliation does, or the days that are named."""
    span = Span(office.clock.today(), window, report_from=report_from)
    with office.database.reading() as connection:
        days, since = span.of(connection, PLATFORM, "permit")
    return compare_ledger(office.worker, office.platform, "permit", days, since)


def test_nothing_that_a_reading_saw_is_kept_after_it(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    found = compare(office)
    assert (found.entries, found.read) == (1, (TODAY - 7 * DAY, TODAY))
    assert office.rows(ledger_line) == []
    (row,) = office.rows(ledger_reading)
    assert (row.entries, row.incomplete, row.origin) == (1, "", "api")
    (said,) = [json.loads(one.body) for one in office.rows(audit) if one.action == "ledger.read"]
    assert (said["details"]["reading"], said["details"]["origin"]) == (row.id, "api")
    assert said["details"]["complete"]


def test_what_the_platform_calls_by_its_own_id_is_found_by_an_index(office: World) -> None:
    """Looked for among a million holdings, once for every block of strangers."""
    report_long_ago(office)
    with office.database.writing() as connection:
        connection.execute(sa.update(holding).values(reference=holding.c.record_id))
    take_stock(office)
    scope = Scope(PLATFORM, "permit", office.clock.now())
    with listening(office.database) as heard, office.database.reading() as connection:
        assert held_by_reference(connection, scope, ["P-1", "P-2"]) == {}
    (asked,) = [one for one in heard if one.text.startswith("SELECT")]
    with office.database.reading() as connection:
        lines = plan(connection, asked)
    assert any("ix_holding_reference" in line for line in lines), lines


def test_a_reading_that_another_overtakes_finds_nothing_missing(office: World) -> None:
    """Its lines are dropped by the other: without noticing, everything would be missing."""
    report(office, 1, 2, 3)
    platform = ledger_of(office)
    for number in (1, 2, 3):
        platform.shows(number)
    settle_down(office)
    calls = []

    def overtake() -> None:
        calls.append(1)
        if len(calls) == 1:
            compare(office)

    platform.on_call = overtake
    found = compare(office)
    assert (found.incomplete, found.missing) == (OVERTAKEN, [])
    assert office.rows(difference) == []
    assert office.rows(ledger_line) == []
    assert [row.incomplete for row in office.rows(ledger_reading)] == [OVERTAKEN, ""]
    assert [one for one in office.audited() if one.startswith("ledger.")] == [
        "ledger.overtaken",
        "ledger.read",
    ]


def test_one_that_is_overtaken_at_the_very_end_finds_nothing_missing_either(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(office, 1, 2, 3)
    for number in (1, 2, 3):
        ledger_of(office).shows(number)
    settle_down(office)
    find = comparison._Comparison._find_missing

    def overtaken(of: comparison._Comparison) -> bool:
        monkeypatch.setattr(comparison._Comparison, "_find_missing", find)
        compare(office)
        return find(of)

    monkeypatch.setattr(comparison._Comparison, "_find_missing", overtaken)
    found = compare(office)
    assert (found.incomplete, found.missing) == (OVERTAKEN, [])
    assert office.rows(difference) == []


def test_what_an_abandoned_reading_left_is_dropped_by_the_next(office: World) -> None:
    report(office, 1)
    platform = ledger_of(office)
    platform.page_size = 1
    platform.shows(1)
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    settle_down(office)

    def die() -> None:
        if platform.read:
            raise KeyboardInterrupt

    platform.on_call = die
    with pytest.raises(KeyboardInterrupt):
        compare(office)
    with office.database.writing() as connection:
        (row,) = office.rows(ledger_reading)
        connection.execute(
            ledger_line.insert().values(reading_id=row.id, entry_hash="a", key_hash="b")
        )
    platform.on_call = lambda: None
    settle_down(office)
    assert compare(office).incomplete == ""
    assert office.rows(ledger_line) == []


@pytest.mark.parametrize("size", [1, 2, 3, 600])
def test_blocks_of_pages_give_what_single_pages_give(
    office: World, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "_BLOCK", 2)
    report(office, 1, 2, 3, 4, 5)
    platform = ledger_of(office)
    for number in (1, 2, 3, 5):
        platform.shows(number, **({"XK_NR": "别的"} if number == 2 else {}))
    platform.shown.append(platform.shown[0].__class__(document(1), platform.shown[0].values, "X"))
    platform.page_size = size
    settle_down(office)
    found = compare(office)
    assert (found.matched, found.counts["different"], numbers_missing(found)) == (
        3,
        1,
        [document(4)],
    )
    assert (found.repeated, found.incomplete) == ([document(1)], "")


def test_the_mark_is_the_last_day_that_is_over() -> None:
    assert whole_days(START, timedelta(hours=1)) == TODAY - DAY
    # at ten in the morning of a platform that needs eleven hours, yesterday may not be whole
    assert whole_days(START, timedelta(hours=11)) == TODAY - 2 * DAY


def test_the_next_reading_begins_before_the_mark() -> None:
    mark = date(2026, 11, 10)
    assert incremental(mark, mark + DAY, TODAY, 3) == Window(date(2026, 11, 8), TODAY)
    assert incremental(mark, FIRST, TODAY, 3) == Window(FIRST, TODAY)
    assert incremental(None, FIRST, TODAY, 3) == Window(FIRST, TODAY)
    assert incremental(None, None, TODAY, 3) == Window(TODAY - 30 * DAY, TODAY)


def test_a_first_reading_begins_with_the_first_acceptance_or_the_day_of_the_start(
    office: World,
) -> None:
    report(office, 1)
    with office.database.reading() as connection:
        span = Span(TODAY + 60 * DAY, report_from=FIRST)
        window, since = span.of(connection, PLATFORM, "permit")
        assert (window.start, since) == (FIRST, FIRST)
        later = Span(TODAY + 60 * DAY)
        window, since = later.of(connection, PLATFORM, "permit")
        assert since is not None
        assert window.start == since


@pytest.mark.parametrize("manner", sorted(BREAKS))
def test_a_cut_ledger_moves_no_mark(office: World, manner: str) -> None:
    platform = ledger_of(office)
    platform.shows_foreign("外〔2026〕1号", "SD-77")
    platform.breaks = {1: BREAKS[manner]}
    assert read_on(office).checked_to is None
    platform.breaks = {}
    settle_down(office)
    assert read_on(office).checked_to == TODAY - DAY


@dataclass(frozen=True)
class Read:
    """One reading of a made-up history: first and last day, counted from the first, and the end."""

    start: int
    end: int
    whole: bool


# few days, so that readings often touch, overlap, or leave a gap
days = st.integers(0, 6)
reads = st.builds(Read, st.just(0) | days, days, st.booleans()).map(
    lambda one: Read(min(one.start, one.end), max(one.start, one.end), one.whole)
)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty hub's database to copy."""
    path = tmp_path / "template.db"
    made = Database(f"sqlite:///{path}")
    upgrade(made)
    made.close()
    return path


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(reads, max_size=8))
@example(history=[Read(0, 1, whole=True), Read(3, 6, whole=True)])
@example(history=[Read(0, 1, whole=True), Read(2, 6, whole=False), Read(2, 4, whole=True)])
def test_up_to_the_mark_every_day_was_read_whole(template: Path, history: Sequence[Read]) -> None:
    path = template.with_name("example.db")
    shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    cause = Cause("张科员", START)
    covered: set[date] = set()
    highest: date | None = None
    try:
        for one in history:
            window = Window(FIRST + one.start * DAY, FIRST + one.end * DAY)
            with database.writing() as connection:
                since = FIRST if highest is None else highest + DAY
                asked = Reading(0, PLATFORM, "permit", window, TODAY, since)
                reading, _ = begin(connection, asked, Origin(), cause)
                told = finish(connection, reading, 0, "" if one.whole else "断了", cause)
                mark = mark_of(connection, PLATFORM, "permit")
            assert told == mark
            if one.whole:
                covered |= {FIRST + n * DAY for n in range(one.start, one.end + 1)}
            # the mark never falls, and never passes a day that no whole reading covered
            assert highest is None or (mark is not None and mark >= highest)
            highest = mark
            if mark is not None:
                assert {FIRST + n * DAY for n in range((mark - FIRST).days + 1)} <= covered
    finally:
        database.close()
        for leftover in path.parent.glob("example.db*"):
            leftover.unlink()


def pass_days(office: World, count: int) -> None:
    office.clock.advance(count * 86400)


def in_doubt(office: World, number: int) -> int:
    """Send a permit that the platform does not answer about; return its submission."""
    office.add(number)
    send(office, Reply(Outcome.IN_DOUBT, "read_timeout"))
    return int(office.submissions()[-1].id)


def say_accepted(office: World, number: int) -> None:
    with office.acting() as (connection, cause):
        operations.resolve(
            connection,
            [number],
            replace(cause, reason="平台已入库"),
            resolution=operations.Resolution.ACCEPTED,
            evidence=operations.Evidence("截图.png", "0" * 64),
        )


def test_what_is_accepted_long_after_its_send_is_compared_by_the_next_reading(
    office: World,
) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    late = in_doubt(office, 2)
    pass_days(office, 10)
    assert read_on(office).checked_to == office.clock.today() - DAY
    say_accepted(office, late)
    pass_days(office, 1)
    found = read_on(office)
    assert numbers_missing(found) == [document(2)]
    assert found.checked_to == office.clock.today() - DAY
    # and once is enough: the days after it are short again
    pass_days(office, 1)
    assert (read_on(office).read or (TODAY,))[0] == office.clock.today() - 4 * DAY


def test_named_days_that_leave_out_what_was_accepted_late_move_no_mark(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    late = in_doubt(office, 2)
    pass_days(office, 10)
    marked = read_on(office).checked_to
    say_accepted(office, late)
    pass_days(office, 2)
    today = office.clock.today()
    assert read_on(office, Window(today - 3 * DAY, today)).checked_to == marked
    assert numbers_missing(read_on(office)) == [document(2)]


def test_what_was_sent_and_not_answered_is_where_a_first_reading_begins(office: World) -> None:
    in_doubt(office, 1)
    pass_days(office, 60)
    found = read_on(office)
    assert found.read is not None
    assert found.read[0] == TODAY


def test_named_days_set_no_mark_where_nobody_knows_when_reporting_began(office: World) -> None:
    assert read_on(office, Window(TODAY - 3 * DAY, TODAY)).checked_to is None
    assert read_on(office).checked_to == TODAY - DAY


def test_a_start_that_is_moved_back_has_to_be_read_before_the_mark_holds_again(
    office: World,
) -> None:
    marked = read_on(office, report_from=TODAY - 5 * DAY).checked_to
    assert marked == TODAY - DAY
    earlier = TODAY - 200 * DAY
    # days that do not reach up to those that were read prove nothing
    apart = Window(earlier, earlier + 9 * DAY)
    settle_down(office)
    assert read_on(office, apart, report_from=earlier).checked_to is None
    settle_down(office)
    found = read_on(office, report_from=earlier)
    assert (found.read, found.checked_to) == ((earlier, TODAY), marked)
    settle_down(office)
    again = read_on(office, report_from=earlier)
    assert (again.read, again.checked_to) == ((TODAY - 3 * DAY, TODAY), marked)
