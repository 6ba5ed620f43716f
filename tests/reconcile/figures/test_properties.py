"""Whatever became of records, each figure is what plain loops over lists give, and its list too."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconcile.figures import plain
from tests.reconcile.figures.asking import ask, group_of, reckoning_of, service
from tests.reconcile.figures.plain import Question
from tests.reconcile.figures.stage import (
    Changed,
    File,
    Owed,
    Stopped,
    Told,
    Try,
    Unknown,
    midnight,
    put,
)
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.reconcile.figures.definitions import figure
from xinqiao.reconcile.figures.selection import Selection
from xinqiao.reconcile.figures.service import Part

FIGURES = (
    "on_time",
    "late",
    "on_time_of_due",
    "concealed",
    "changed_on_time",
    "missing",
    "compliance_first",
    "compliance_final",
    "stored",
    "repeated",
    "repeated_in_files",
)
DIMENSIONS = ("platform", "kind", "department", "month")

DAYS = [
    date(2026, 9, 20),
    date(2026, 9, 24),
    date(2026, 9, 30),
    date(2026, 10, 9),
    date(2026, 10, 10),
    date(2026, 10, 12),
    date(2026, 11, 2),
    date(2026, 11, 30),
    date(2026, 12, 22),
    date(2026, 12, 23),
    date(2026, 12, 31),
]
"""Holidays, made-up Saturdays, the end of the calendar; few, so that days often meet."""

days = st.sampled_from(DAYS)
kinds = st.sampled_from(["permit", "penalty"])
departments = st.sampled_from(["", "审批科", "执法监察大队"])
# to the second around a midnight, where a day more or less decides
instants = st.builds(
    midnight,
    days | st.dates(date(2026, 9, 20), date(2027, 1, 5)),
    st.sampled_from([-1, 0, 1, 40_000]),
)
states = st.sampled_from(["accepted", "rejected", "cancelled"])
tries = st.builds(
    Try,
    state=states,
    said=st.lists(
        st.sampled_from(["accepted", "rejected", "duplicate", "received"]), max_size=3
    ).map(tuple),
    operation=st.sampled_from(["insert", "insert", "insert", "update", "withdraw"]),
    left=st.booleans(),
)


@st.composite
def owed(draw: st.DrawFn) -> Owed:
    platform, rule = draw(st.sampled_from([("credit_shandong", "D1"), ("transport_credit", "D13")]))
    closed_by = draw(st.sampled_from([None, None, "accepted", "accepted", "waived", "adopted"]))
    day = draw(st.none() | days)
    reported = closed_by == "accepted" and day is not None
    return Owed(
        platform=platform,
        kind=draw(kinds),
        department=draw(departments),
        day=day,
        rule=rule,
        legal=rule == "D1",
        closed_by=closed_by if day is not None else None,
        reported_at=draw(instants) if reported else None,
        wanted=draw(st.booleans()),
        adopted=draw(st.sampled_from([False, False, False, True])),
        tries=tuple(draw(st.lists(tries, max_size=3))),
    )


@st.composite
def changed(draw: st.DrawFn) -> Changed:
    platform, rule = draw(
        st.sampled_from(
            [("credit_shandong", "D4"), ("county_site", "D3"), ("credit_shandong", "D4a")]
        )
    )
    closed_by = draw(st.sampled_from([None, "accepted", "waived"]))
    return Changed(
        platform=platform,
        department=draw(departments),
        day=draw(days),
        rule=rule,
        legal=rule != "D4a",
        closed_by=closed_by,
        reported_at=draw(instants) if closed_by == "accepted" else None,
    )


files = st.builds(File, kind=kinds, department=departments, day=days, read=st.integers(0, 30))
unknown = st.builds(
    Unknown, kind=kinds, department=departments, day=st.none() | days, open=st.booleans()
)
stopped = st.builds(
    Stopped,
    platform=st.sampled_from(["credit_shandong", "county_site"]),
    day=days,
    revoked=st.booleans(),
)
worlds = st.lists(
    st.one_of(owed(), owed(), owed(), owed(), changed(), files, unknown, stopped), max_size=12
)

questions = st.builds(
    Question,
    figure=st.just(""),
    by=st.lists(st.sampled_from(DIMENSIONS), unique=True).map(tuple),
    inclusive=st.booleans(),
    today=days | st.dates(date(2026, 9, 20), date(2027, 1, 5)),
    since=st.none() | days,
    start=st.none() | days,
    end=st.none() | days,
    platform=st.sampled_from([None, None, "credit_shandong", "source"]),
    outages=st.booleans(),
)

several = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@several
@given(told=worlds, question=questions)
def test_every_number_is_what_loops_over_lists_give(
    database: Database, clock: FrozenClock, told: list[Told], question: Question
) -> None:
    put(database, told)
    set_day(clock, question.today)
    found = ask(database, clock, FIGURES, question)
    for name in FIGURES:
        expected = plain.figures(told, replace(question, figure=name))
        assert found.get(name, {}) == expected, name


@several
@given(told=worlds, question=questions, name=st.sampled_from(FIGURES))
def test_what_a_list_adds_up_to_is_the_number(
    database: Database, clock: FrozenClock, told: list[Told], question: Question, name: str
) -> None:
    put(database, told)
    set_day(clock, question.today)
    expected = plain.figures(told, replace(question, figure=name))
    reckoning = reckoning_of(question)
    selection = Selection(platform=question.platform, start=question.start, end=question.end)
    for place, part in enumerate(Part):
        sums: dict[tuple[str, ...], int] = defaultdict(int)
        asked = service(database, clock, question).records(figure(name), part, selection, reckoning)
        with asked as entries:
            for entry in entries:
                assert entry.count > 0
                sums[group_of(entry.place, question.by)] += entry.count
        wanted = {group: counts[place] for group, counts in expected.items() if counts[place]}
        assert sums == wanted, part


def set_day(clock: FrozenClock, today: date) -> None:
    """Let it be noon of ``today`` in Shanghai."""
    noon = midnight(today) + timedelta(hours=12)
    clock.advance((noon - clock.now()).total_seconds())
