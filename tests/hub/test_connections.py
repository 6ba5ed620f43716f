"""From a platform's file to what the queue obeys: pace, hours, and the lease that it needs."""

from datetime import time
from pathlib import Path

import pytest

from xinqiao.config.workspace import Workspace
from xinqiao.connections import Connection, read_connections
from xinqiao.errors import SettingsError
from xinqiao.queue.pace import Hours, Pace, Rate
from xinqiao.queue.platforms import Platform
from xinqiao.routing.calendar import WorkingCalendar

PLATFORM = "credit_shandong"
CALENDAR = WorkingCalendar()


def file_of(workspace: Workspace) -> Path:
    return workspace.root / "platforms" / f"{PLATFORM}.toml"


def connection(workspace: Workspace, *lines: str) -> Connection:
    """Return the platform whose file has ``lines`` at its end."""
    file = file_of(workspace)
    file.write_text("\n".join([file.read_text("utf-8"), *lines, ""]), "utf-8")
    return read_connections(workspace)[PLATFORM]


def platform(made: Connection) -> Platform:
    # the connector is not called
    return made.platform(PLATFORM, None, 300, CALENDAR)  # type: ignore[arg-type] # none is needed


def test_the_pace_of_the_file_is_what_the_queue_obeys(rehearsal: Workspace) -> None:
    made = connection(
        rehearsal,
        "[pace]",
        "parallel_calls = 3",
        "calls_per_second = 2",
        "calls_per_minute = 30",
        "calls_per_hour = 500",
        'hours = ["08:30-12:00", "13:30-17:30"]',
        "working_days_only = true",
    )
    assert platform(made).pace == Pace(
        3,
        (Rate(2, 1), Rate(30, 60), Rate(500, 3600)),
        Hours(((time(8, 30), time(12)), (time(13, 30), time(17, 30))), CALENDAR),
    )


def test_what_the_file_does_not_limit_is_not_limited(rehearsal: Workspace) -> None:
    made = connection(rehearsal, "[pace]", "calls_per_minute = 30")
    assert platform(made).pace.rates == (Rate(30, 60),)
    assert platform(made).pace.hours == Hours((), None)


def test_the_longest_exchange_is_the_files_own_bound(rehearsal: Workspace) -> None:
    made = connection(rehearsal)
    assert platform(made).exchange_seconds == made.profile.transport.total_seconds == 5


@pytest.mark.parametrize(
    "hours",
    [
        "17:30-08:30",
        "8:30-17:30",
        "08:30",
        "08:30-",
        "08:30-08:30",
        "24:00-25:00",
        "上午-下午",
        "08:30Z-17:30Z",
        "08:30+08:00",
        "",
    ],
)
def test_hours_that_are_none_are_refused_with_an_example(rehearsal: Workspace, hours: str) -> None:
    with pytest.raises(SettingsError) as refused:
        connection(rehearsal, "[pace]", f'hours = ["{hours}"]')
    assert str(file_of(rehearsal)) in refused.value.message
    assert "08:30-17:30" in refused.value.message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("parallel_calls = 0", "pace.parallel_calls"),
        ("parallel_calls = 201", "pace.parallel_calls"),
        ("calls_per_second = 0", "pace.calls_per_second"),
        ("calls_per_minute = -1", "pace.calls_per_minute"),
        ("calls_per_hour = 1.5", "pace.calls_per_hour"),
        ('working_days_only = "sometimes"', "pace.working_days_only"),
        ("calls_per_day = 1", "calls_per_day"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(
    rehearsal: Workspace, line: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        connection(rehearsal, "[pace]", line)


@pytest.mark.parametrize(("seconds", "fits"), [(24.9, False), (25, False), (25.1, True)])
def test_a_lease_must_be_longer_than_the_longest_send(
    rehearsal: Workspace, seconds: float, *, fits: bool
) -> None:
    """Five exchanges of five seconds: the rehearsal's check, and token and call twice."""
    made = connection(rehearsal)
    assert made.profile.longest_submit_seconds == 25
    if fits:
        made.check_lease(PLATFORM, seconds)
        return
    with pytest.raises(SettingsError, match=r"lease_seconds.*25 秒"):
        made.check_lease(PLATFORM, seconds)
