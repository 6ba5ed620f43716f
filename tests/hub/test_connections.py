"""From a platform's file to what the queue obeys: pace, hours, and the lease that it needs."""

import re
from datetime import time
from importlib import resources
from pathlib import Path

import pytest

from xinqiao.clock import Clock
from xinqiao.config.workspace import Workspace
from xinqiao.connections import Connection, connect, read_connections, surroundings
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
    return read_connections(workspace).require(PLATFORM)


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


def whole(workspace: Workspace, *lines: str, name: str = PLATFORM) -> Path:
    """Make a platform's file a profile of its own, whole but for what ``lines`` change."""
    text = (
        resources.files("xinqiao.adapters")
        .joinpath("profiles", "credit_shandong.toml")
        .read_text("utf-8")
    )
    for line in lines:
        old, _, new = line.partition(" -> ")
        assert old in text
        text = text.replace(old, new, 1)
    file = workspace.root / "platforms" / f"{name}.toml"
    file.write_text(text, "utf-8")
    return file


def broken(workspace: Workspace) -> str:
    """Return what is wrong with the one platform's file that is broken."""
    (error,) = read_connections(workspace).broken.values()
    return error.message


def test_a_file_that_says_its_own_id_is_a_whole_profile(rehearsal: Workspace) -> None:
    whole(rehearsal, "rows_per_batch = 50 -> rows_per_batch = 7", "attempts = 3\n -> ")
    made = read_connections(rehearsal).sound[PLATFORM]
    assert made.connected
    assert made.profile.limits.rows_per_batch == 7
    assert made.profile.name == "信用·山东"


def test_a_key_that_a_whole_profile_lacks_is_not_taken_from_the_shipped_one(
    rehearsal: Workspace,
) -> None:
    file = whole(rehearsal, "rows_per_batch = 50\n -> ")
    assert f"{file}：limits.rows_per_batch 缺少这一项" in broken(rehearsal)


def test_a_platform_that_no_shipped_profile_is_named_after_has_its_own(
    rehearsal: Workspace,
) -> None:
    whole(rehearsal, 'id = "credit_shandong"\n -> ', name="county_credit")
    made = read_connections(rehearsal).sound["county_credit"]
    assert made.profile.id == "county_credit"


def test_a_whole_profile_under_another_name_than_its_files_is_refused(
    rehearsal: Workspace,
) -> None:
    file = whole(rehearsal, name="county_credit")
    assert broken(rehearsal) == f"{file}：id 应与文件名相同，写 county_credit"


def test_a_file_that_is_neither_whole_nor_over_a_shipped_profile_is_told_of_both(
    rehearsal: Workspace,
) -> None:
    rehearsal.root.joinpath("platforms", "county_credit.toml").write_text("name = '县'\n", "utf-8")
    assert re.search("没有名为「county_credit」.*完整的配置", broken(rehearsal))


def test_two_profiles_in_one_file_are_told_with_the_line(rehearsal: Workspace) -> None:
    file = whole(rehearsal)
    text = file.read_text("utf-8")
    file.write_text(text + text, "utf-8")
    assert re.search(r"第 \d+ 行第 \d+ 列，同一项或同一节写了两次", broken(rehearsal))


def test_a_python_connector_counts_as_connected_and_its_version_is_confirmed(
    rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = [
        "[transport]",
        'type = "python"',
        'source = "自拟"',
        'connector = "ours"',
        "total_seconds = 5",
    ]
    text = whole(rehearsal).read_text("utf-8")
    head, _, rest = text.partition("[transport]")
    tail = rest[rest.index("[capabilities]") :]
    file_of(rehearsal).write_text(head + "\n".join(transport) + "\n\n" + tail, "utf-8")
    before = read_connections(rehearsal).sound[PLATFORM]
    assert before.connected
    monkeypatch.setattr("xinqiao.connections.version_of", lambda _: "county-connector 2.0")
    assert read_connections(rehearsal).sound[PLATFORM].digest != before.digest


# values that a profile asks for


ASKING = """
[settings]
app_id = "应用标识"
"""


def with_values(workspace: Workspace, *lines: str) -> Workspace:
    """Let the platform's profile ask for an application's id, and its file say ``lines``."""
    file = file_of(workspace)
    body = file.read_text("utf-8")
    file.write_text("\n".join([body, ASKING, *lines, ""]), "utf-8")
    return workspace


def test_a_value_that_the_profile_asks_for_stands_in_the_platforms_file(
    rehearsal: Workspace,
) -> None:
    made = read_connections(with_values(rehearsal, "[values]", 'app_id = "A-1"')).sound[PLATFORM]
    assert (made.values, made.missing_values) == ({"app_id": "A-1"}, [])
    given = surroundings(rehearsal, PLATFORM, made, Clock())
    assert given.settings == {
        "app_id": "A-1",
        "organisation_code": rehearsal.settings.bureau.code,
    }


def test_a_value_that_is_missing_is_named_with_where_it_belongs(rehearsal: Workspace) -> None:
    made = read_connections(with_values(rehearsal)).sound[PLATFORM]
    assert made.missing_values == ["app_id"]
    with (
        pytest.raises(SettingsError, match=r"应用标识（app_id）.*\[values\]"),
        connect(rehearsal, PLATFORM, made, Clock()),
    ):
        pass


def test_another_value_is_another_platform_to_confirm(rehearsal: Workspace) -> None:
    file = file_of(with_values(rehearsal, "[values]", 'app_id = "A-1"'))
    first = read_connections(rehearsal).sound[PLATFORM].digest
    file.write_text(file.read_text("utf-8").replace("A-1", "A-2"), "utf-8")
    assert read_connections(rehearsal).sound[PLATFORM].digest != first


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('app_ids = "A-1"', "values.app_ids 不是平台配置要填的值，是否想写 app_id"),
        ('zzz = "A-1"', "平台配置要的有：app_id"),
        ("app_id = 7", "values.app_id 应为文字"),
        ('app_id = " "', "values.app_id 应为文字"),
        ('organisation_code = "1"', "bureau.code"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_file_and_key(
    rehearsal: Workspace, line: str, said: str
) -> None:
    (error,) = read_connections(with_values(rehearsal, "[values]", line)).broken.values()
    assert said in error.message
    assert f"{PLATFORM}.toml" in error.message


def test_values_that_are_no_table_are_refused(rehearsal: Workspace) -> None:
    file = file_of(rehearsal)
    file.write_text(f'values = "x"\n{file.read_text("utf-8")}', "utf-8")
    (error,) = read_connections(rehearsal).broken.values()
    assert "values 应为表" in error.message


def test_a_profile_that_asks_for_none_takes_none(rehearsal: Workspace) -> None:
    file = file_of(rehearsal)
    file.write_text(f'{file.read_text("utf-8")}\n[values]\napp_id = "A"\n', "utf-8")
    (error,) = read_connections(rehearsal).broken.values()
    assert "没有要填的值" in error.message


@pytest.mark.parametrize(
    ("lines", "elsewhere"),
    [
        (("[pace]", "calls_per_minute = 30"), False),
        (("[withdraw]", 'permit = "by_hand"'), False),
        (("[corrections]", 'permit = "by_hand"'), False),
        (("[words.kinds]", 'permit = "另一种叫法"'), True),
        (("[operations.query]", 'path = "/elsewhere"'), True),
    ],
)
def test_a_batch_under_way_goes_elsewhere_only_by_what_says_where_it_is_looked_for(
    rehearsal: Workspace, lines: tuple[str, ...], elsewhere: bool
) -> None:
    before = connection(rehearsal)
    after = connection(rehearsal, *lines)
    assert after.digest != before.digest, "every change asks for a confirmation"
    assert (after.way != before.way) is elsewhere
    assert platform(after).way_digest == after.way


def test_another_address_is_elsewhere(rehearsal: Workspace) -> None:
    before = connection(rehearsal)
    file = file_of(rehearsal)
    text = re.sub('base_url = ".*"', 'base_url = "http://127.0.0.1:2"', file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    assert read_connections(rehearsal).require(PLATFORM).way != before.way
