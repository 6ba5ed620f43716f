"""Due dates (报送期限): a rule, a starting day and a way of counting give a date and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from xinqiao.errors import InputError
from xinqiao.routing import rules
from xinqiao.routing.calendar import DayStatus, WorkingCalendar

_ONE_DAY = timedelta(days=1)


class Counting(StrEnum):
    """Whether the starting day counts (计算口径). The documents on 双公示 do not say.

    The legal deadline is counted ``exclusive`` unless the settings say otherwise.
    """

    EXCLUSIVE = "exclusive"
    """当日不计入：the first working day after the starting day is day 1 (民法典 §201, §203)."""

    INCLUSIVE = "inclusive"
    """当日计入：the starting day is day 1 if it is a working day. Never later than exclusive."""

    @property
    def basis(self) -> str:
        """Chinese sentence that says how days are counted, and by what law."""
        if self is Counting.EXCLUSIVE:
            return "起算当日不计入，末日遇休息日顺延（《民法典》第二百零一条、第二百零三条）"
        return "起算当日为工作日的计为第1日（从严口径）"


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day that the count passed over.

    Attributes:
        day: The date.
        number: Its number in the count, from 1; None for a day off, which does not count.
        status: What the calendar says about it.
        lost: Whether it is a working day that does not count because the platform stood still.
    """

    day: date
    number: int | None
    status: DayStatus
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due date and everything needed to explain it (报送期限).

    Attributes:
        rule: Identifier of the rule, such as ``D1``.
        decided_on: The starting day: the decision, or the change for rules that open on a change.
        due_on: The last day in time, in Asia/Shanghai.
        counting: Whether the starting day counts.
        provisional: Whether a day of the count was told by its weekday alone, so that the date may
            move once the calendar of that year is known.
        basis: Chinese text: law and article or document of the rule, and of the counting.
        calendar: Edition of the calendar (日历版本) that was used.
        legal: Whether the date is a legal one; False is an 内部时限, never called overdue (逾期).
        days: Every day from the first that could count to ``due_on``, in order.
        counted_on: The last day without the platform's outages, where they moved it; else None.
    """

    rule: str
    decided_on: date
    due_on: date
    counting: Counting
    provisional: bool
    basis: str
    calendar: str
    legal: bool
    days: tuple[CountedDay, ...]
    counted_on: date | None = None


def due(
    rule: str,
    decided_on: date,
    counting: Counting,
    calendar: WorkingCalendar,
    lost: Collection[date] = frozenset(),
) -> Deadline:
    """Return when the duty under ``rule`` that opened on ``decided_on`` falls due.

    A day before 2004, where the base layer begins, is counted by weekdays and provisional like any
    other day that no table knows. It is not refused: a bureau's file may hold old permits, and one
    old row must not stop the import of all others; the due date is long past either way.

    Args:
        rule: Identifier of the rule, such as ``D1``.
        decided_on: The day on which the clock starts (see ``DutyRule.opens_on``).
        counting: Whether that day counts.
        calendar: The working days.
        lost: Working days that do not count, since the platform stood still (see ``outages``).

    Raises:
        InputError: No such rule, or the date lies so late that no due date can be written.
    """
    found = rules.rule(rule)
    try:
        days = _count(found.days, decided_on, counting, calendar)
        counted_on = days[-1].day
        if any(counted.day in lost for counted in days):
            days = _count(found.days, decided_on, counting, calendar, lost)
    except OverflowError:
        raise InputError(
            f"日期 {decided_on.isoformat()} 太晚，无法计算期限，请核对年份",
            code="date_out_of_range",
        ) from None
    return Deadline(
        rule=found.id,
        decided_on=decided_on,
        due_on=days[-1].day,
        counting=counting,
        provisional=any(counted.status.provisional for counted in days),
        basis=f"{found.basis}；{counting.basis}",
        calendar=calendar.edition,
        legal=found.legal,
        days=days,
        counted_on=counted_on if days[-1].day != counted_on else None,
    )


@dataclass(frozen=True, slots=True)
class Extended:
    """A last day, moved by what a platform's outages took.

    Attributes:
        due_on: The last day.
        provisional: Whether a day that was passed over was told by its weekday alone.
    """

    due_on: date
    provisional: bool


def extended(
    counted_on: date,
    starts_on: date,
    counting: Counting,
    calendar: WorkingCalendar,
    lost: Collection[date],
) -> Extended:
    """Return what becomes of a last day that was counted without outages.

    As many working days are added as were lost from the start to that day; of the added ones, lost
    ones do not count either. That is the same as counting again without the lost days, and asks
    nothing of how the last day was counted.

    Args:
        counted_on: The last day without outages.
        starts_on: The day on which the clock started.
        counting: Whether that day counts.
        calendar: The working days.
        lost: Working days that do not count.
    """
    first = starts_on if counting is Counting.INCLUSIVE else starts_on + _ONE_DAY
    missing = sum(first <= day <= counted_on for day in lost)
    day, provisional = counted_on, False
    while missing > 0:
        day += _ONE_DAY
        status = calendar.status(day)
        provisional = provisional or status.provisional
        missing -= status.working and day not in lost
    return Extended(day, provisional)


def _count(
    length: int,
    decided_on: date,
    counting: Counting,
    calendar: WorkingCalendar,
    lost: Collection[date] = frozenset(),
) -> tuple[CountedDay, ...]:
    day = decided_on if counting is Counting.INCLUSIVE else decided_on + _ONE_DAY
    passed: list[CountedDay] = []
    working_days = 0
    while True:
        status = calendar.status(day)
        gone = status.working and day in lost
        counts = status.working and not gone
        working_days += counts
        passed.append(CountedDay(day, working_days if counts else None, status, gone))
        if working_days == length:
            return tuple(passed)
        day += _ONE_DAY
