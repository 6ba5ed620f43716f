"""Which moment counts as reported: told, else later, never earlier than can be proven."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.base import CountsFrom
from xinqiao.queue.moments import Known, MomentRule, ReportedBy, reported

SENT = datetime(2026, 9, 3, 2, 0, tzinfo=UTC)
"""10:00 in Asia/Shanghai."""

TOLD = SENT + timedelta(minutes=20)
RECEIVED = SENT + timedelta(hours=2)
MIDNIGHT = datetime(2026, 9, 2, 16, 0, tzinfo=UTC)
"""The beginning of the day of the send, in Asia/Shanghai."""


def moment(
    counts_from: CountsFrom,
    told: datetime | None = TOLD,
    sent: datetime | None = SENT,
    *,
    by_person: bool = False,
) -> tuple[datetime, ReportedBy]:
    found = reported(MomentRule(counts_from), Known(told, by_person, sent, RECEIVED))
    return found.at, found.by


@pytest.mark.parametrize(
    ("counts_from", "told", "sent", "at", "by"),
    [
        (CountsFrom.PLATFORM_TIME, TOLD, SENT, TOLD, ReportedBy.PLATFORM_TIME),
        (CountsFrom.PLATFORM_TIME, None, SENT, RECEIVED, ReportedBy.RECEIPT),
        (CountsFrom.PLATFORM_TIME, TOLD, None, TOLD, ReportedBy.PLATFORM_TIME),
        (CountsFrom.RECEIPT, TOLD, SENT, RECEIVED, ReportedBy.RECEIPT),
        (CountsFrom.SENT, TOLD, SENT, SENT, ReportedBy.SENT),
        (CountsFrom.SENT, TOLD, None, RECEIVED, ReportedBy.RECEIPT),
    ],
)
def test_what_is_not_known_gives_way_to_what_is_known_later(
    counts_from: CountsFrom,
    told: datetime | None,
    sent: datetime | None,
    at: datetime,
    by: ReportedBy,
) -> None:
    assert moment(counts_from, told, sent) == (at, by)


@pytest.mark.parametrize("off", [-301, 7200 + 301])
def test_a_time_that_cannot_be_is_not_believed(off: int) -> None:
    told = SENT + timedelta(seconds=off)
    found = reported(MomentRule(), Known(told, by_person=False, sent=SENT, received=RECEIVED))
    assert (found.at, found.by, found.disbelieved) == (RECEIVED, ReportedBy.RECEIPT, told)


@pytest.mark.parametrize("off", [-300, 7200 + 300])
def test_a_platform_whose_clock_is_a_little_off_is_believed(off: int) -> None:
    told = SENT + timedelta(seconds=off)
    assert moment(CountsFrom.PLATFORM_TIME, told) == (told, ReportedBy.PLATFORM_TIME)


def test_a_platform_that_tells_only_the_day_is_believed_but_not_before_the_send() -> None:
    assert moment(CountsFrom.PLATFORM_TIME, MIDNIGHT) == (SENT, ReportedBy.PLATFORM_TIME)
    the_day_before = MIDNIGHT - timedelta(days=1)
    assert moment(CountsFrom.PLATFORM_TIME, the_day_before) == (RECEIVED, ReportedBy.RECEIPT)


@pytest.mark.parametrize("counts_from", CountsFrom)
def test_what_a_person_proves_goes_before(counts_from: CountsFrom) -> None:
    day = MIDNIGHT + timedelta(days=1)
    assert moment(counts_from, day, by_person=True) == (day, ReportedBy.PERSON)
    assert moment(counts_from, MIDNIGHT, by_person=True) == (SENT, ReportedBy.PERSON)


seconds = st.integers(-(10**6), 10**6).map(lambda one: timedelta(seconds=one))


@given(st.sampled_from(CountsFrom), st.none() | seconds, st.integers(0, 10**6))
def test_nothing_counts_before_the_send_less_the_clocks_difference(
    counts_from: CountsFrom, told: timedelta | None, took: int
) -> None:
    received = SENT + timedelta(seconds=took)
    known = Known(
        None if told is None else SENT + told, by_person=False, sent=SENT, received=received
    )
    found = reported(MomentRule(counts_from), known)
    offset = timedelta(seconds=300)
    assert SENT - offset <= found.at <= received + offset
    assert (found.at == SENT and counts_from is CountsFrom.SENT) or found.by is not ReportedBy.SENT
