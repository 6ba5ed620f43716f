"""A reading proves what it covers, and the mark says up to which day nothing was missed."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconcile.ledger_stands import (
    BREAKS,
    TODAY,
    compare,
    document,
    ledger_of,
    numbers_missing,
    report,
    settle_down,
)
from tests.submission_queue.world import PLATFORM, World
from tests.support import START
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.database.tables import difference, ledger_line, ledger_reading
from xinqiao.queue.transitions import Cause
from xinqiao.reconcile.ledgers import comparison
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


def test_nothing_that_a_reading_saw_is_kept_after_it(office: World) -> None:
    report(office, 1)
    ledger_of(office).shows(1)
    settle_down(office)
    found = compare(office)
    assert (found.entries, found.read) == (1, (TODAY - 7 * DAY, TODAY))
    assert office.rows(ledger_line) == []
    (row,) = office.rows(ledger_reading)
    assert (row.entries, row.incomplete, row.origin) == (1, "", "api")
    assert "ledger.read" in office.audited()


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
    assert incremental(date(2026, 11, 10), FIRST, TODAY, 3) == Window(date(2026, 11, 8), TODAY)
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
    assert compare(office).checked_to is None
    platform.breaks = {}
    settle_down(office)
    assert compare(office, end=TODAY - DAY).checked_to == TODAY - DAY


@dataclass(frozen=True)
class Read:
    """One reading of a made-up history: first and last day, counted from the first, and the end."""

    start: int
    end: int
    whole: bool


reads = st.builds(Read, st.integers(0, 40), st.integers(0, 40), st.booleans()).map(
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
                asked = Reading(0, PLATFORM, "permit", window, TODAY, FIRST)
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
