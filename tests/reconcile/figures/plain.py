"""Figures worked out a second time, by loops over lists, with nothing of the program's counting.

Days are counted by hand from the notice on the holidays of 2026; those of 2027 are not known.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tests.reconcile.figures.stage import Changed, File, Owed, Stopped, Told, Unknown

OFF = {date(2026, 9, day) for day in (25, 26, 27)} | {date(2026, 10, day) for day in range(1, 8)}
MADE_UP = {date(2026, 9, 20), date(2026, 10, 10)}
DAYS = {"D1": 7, "D13": 7, "D4": 3, "D3": 3, "D4a": 3}

Counted = Owed | Changed | File | Unknown

Sums = dict[tuple[str, ...], tuple[int, int, int]]
"""Group → numerator, denominator, provisional."""


def works(day: date) -> bool:
    if day in MADE_UP:
        return True
    return day not in OFF and day.weekday() < 5


def last_day(rule: str, begins: date, lost: set[date], *, inclusive: bool) -> date | None:
    """Return the last day in time, or None when it needs the calendar of 2027."""
    counted, day = 0, begins if inclusive else begins + timedelta(days=1)
    while True:
        if day.year == 2027:
            return None
        counted += works(day) and day not in lost
        if counted == DAYS[rule]:
            return day
        day += timedelta(days=1)


@dataclass(frozen=True)
class Question:
    """What is asked."""

    figure: str
    by: tuple[str, ...]
    inclusive: bool
    today: date
    since: date | None = None
    start: date | None = None
    end: date | None = None
    platform: str | None = None
    outages: bool = True


def stood_still(told: Iterable[Told], platform: str) -> set[date]:
    """Return the days on which nothing could be reported to a platform."""
    return {
        one.day
        for one in told
        if isinstance(one, Stopped) and one.platform == platform and not one.revoked
    }


def figures(told: Sequence[Told], question: Question) -> Sums:
    """Return what one figure should be."""
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in told:
        if isinstance(one, Stopped) or not _in_range(one, question):
            continue
        lost = stood_still(told, _platform(one)) if question.outages else set()
        for added in _shares(one, question, lost):
            for place, number in enumerate(added):
                sums[_group(one, question)][place] += number
    return {group: (above, below, maybe) for group, (above, below, maybe) in sums.items()}


def _in_range(one: Counted, question: Question) -> bool:
    day = one.day
    dated = question.start is not None or question.end is not None
    if day is None:
        if dated:
            return False
    elif (question.start is not None and day < question.start) or (
        question.end is not None and day > question.end
    ):
        return False
    if question.platform is not None and _platform(one) != question.platform:
        return False
    if isinstance(one, Owed | Changed) and day is not None and question.since is not None:
        return day >= question.since
    return True


def _platform(one: Counted) -> str:
    if isinstance(one, File):
        return ""
    return "source" if isinstance(one, Unknown) else one.platform


def _group(one: Counted, question: Question) -> tuple[str, ...]:
    values = {
        "platform": _platform(one),
        "kind": one.kind,
        "department": one.department,
        "month": "" if one.day is None else one.day.isoformat()[:7],
    }
    return tuple(values[name] for name in question.by)


def _shares(one: Counted, question: Question, lost: set[date]) -> list[tuple[int, int, int]]:
    figure = question.figure
    if isinstance(one, File):
        return [(one.duplicates, one.read, 0)] if figure == "repeated_in_files" and one.read else []
    if isinstance(one, Unknown):
        return [(1, 1, 0)] if figure == "missing" and one.open else []
    if isinstance(one, Changed):
        # the three days of a law are not extended by any outage
        return _timed(one, question, "due", set()) if figure == "changed_on_time" else []
    return _of_owed(one, question, lost)


def _of_owed(one: Owed, question: Question, lost: set[date]) -> list[tuple[int, int, int]]:
    figure = question.figure
    if one.adopted or one.closed_by == "adopted":
        return []
    if figure in ("on_time", "late", "on_time_of_due", "concealed"):
        return _timed(one, question, figure, lost)
    return _missing(one) if figure == "missing" else _answered(one, figure)


def _timed(
    one: Owed | Changed, question: Question, figure: str, lost: set[date]
) -> list[tuple[int, int, int]]:
    if one.day is None or not one.legal or one.closed_by in ("waived", "adopted"):
        return []
    last = last_day(one.rule, one.day, lost, inclusive=question.inclusive)
    if last is None:
        return [(0, 0, 1)]
    if one.closed_by == "accepted":
        assert one.reported_at is not None
        in_time = one.reported_at.astimezone(ZoneInfo("Asia/Shanghai")).date() <= last
        above = {"on_time": in_time, "late": not in_time, "concealed": False}
        return [(int(above.get(figure, in_time)), 1, 0)]
    overdue = int(last < question.today)
    if figure == "concealed":
        return [(overdue, overdue, 0)]
    return [(0, overdue if figure in ("on_time_of_due", "due") else 0, 0)]


def _missing(one: Owed) -> list[tuple[int, int, int]]:
    if one.day is None:
        # of the platforms of these tests only 信用·山东 has a legal limit for first reports
        return [(1, 1, 0)] if one.wanted and one.platform == "credit_shandong" else []
    if not one.legal or one.closed_by == "waived":
        return []
    return [(int(one.closed_by != "accepted"), 1, 0)]


def _answered(one: Owed, figure: str) -> list[tuple[int, int, int]]:
    inserts = [attempt for attempt in one.tries if attempt.operation == "insert"]
    verdicts = []
    for attempt in inserts:
        row = [word for word in attempt.said if word in ("accepted", "rejected")]
        if not row and attempt.state in ("accepted", "rejected"):
            row = [attempt.state]
        verdicts += row
    stored = any(attempt.state == "accepted" for attempt in inserts)
    after = ("awaiting_receipt", "in_doubt", "conflict", "accepted", "rejected")
    sent = any(attempt.left or attempt.state in after for attempt in inserts)
    repeated = any(
        "duplicate" in attempt.said and attempt.state != "accepted" for attempt in inserts
    )
    if figure == "compliance_first":
        return [(int(verdicts[0] == "accepted"), 1, 0)] if verdicts else []
    if figure == "compliance_final":
        return [(int(stored), 1, 0)] if verdicts else []
    if figure == "stored":
        return [(int(stored), 1, 0)] if sent else []
    if figure == "repeated":
        return [(int(repeated), 1, 0)] if sent else []
    return []
