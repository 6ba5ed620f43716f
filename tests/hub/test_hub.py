"""One workspace put together: several platforms, confirmation, what is due soon."""

from pathlib import Path

import pytest

from tests.imports.books import company, write_book
from tests.support import FrozenClock
from xinqiao.config.workspace import Workspace, create_workspace, open_workspace
from xinqiao.errors import InputError, RefusedError, SettingsError
from xinqiao.hub import Hub
from xinqiao.opening import prepare_database

PLATFORM = "credit_shandong"
OTHER = "transport_credit"


@pytest.fixture
def real(tmp_path: Path) -> Workspace:
    """A workspace for real records, with an address that can reach nobody."""
    workspace = create_workspace(tmp_path / "real", rehearsal=False, platforms=["credit_shandong"])
    prepare_database(workspace)
    write_platform(workspace, 'base_url = "https://credit-shandong.invalid"')
    return workspace


def write_platform(workspace: Workspace, *lines: str, name: str = PLATFORM) -> None:
    path = workspace.root / "platforms" / f"{name}.toml"
    text = "\n".join(['profile = "credit_shandong"', "[transport]", *lines])
    path.write_text(f"{text}\n", "utf-8")


def add_second_platform(workspace: Workspace) -> None:
    """Lay a platform that comes first in the alphabet's order beside the first one."""
    first = (workspace.root / "platforms" / f"{PLATFORM}.toml").read_text("utf-8")
    (workspace.root / "platforms" / f"{OTHER}.toml").write_text(first, "utf-8")


def test_what_is_wrong_with_one_platform_stops_no_other(rehearsal: Workspace) -> None:
    add_second_platform(rehearsal)
    (rehearsal.root / "secrets" / f"{PLATFORM}.toml").chmod(0o644)
    reports = Hub(rehearsal).sync()
    assert list(reports) == [PLATFORM, OTHER]
    assert "chmod 600" in reports[PLATFORM].note
    assert reports[OTHER].note  # it has no credentials of its own, which is said of it


def test_what_is_wrong_with_the_only_platform_could_not_be_done(rehearsal: Workspace) -> None:
    (rehearsal.root / "secrets" / f"{PLATFORM}.toml").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Hub(rehearsal).sync()


def test_a_platform_without_an_address_is_left_alone_and_says_so(real: Workspace) -> None:
    write_platform(real, 'base_url = ""')
    hub = Hub(real)
    assert "接口地址" in hub.sync()[PLATFORM].note
    with pytest.raises(SettingsError, match="接口地址"):
        hub.confirm(PLATFORM, "核对过")
    with pytest.raises(SettingsError, match="接口地址"):
        hub.check(PLATFORM)


def test_nothing_is_unknown_about_a_platform_that_is_not_there(rehearsal: Workspace) -> None:
    with pytest.raises(InputError, match=f"已有：{PLATFORM}"):
        Hub(rehearsal).sync("nowhere")


def test_a_workspace_without_platforms_owes_nothing_and_syncs_nothing(
    rehearsal: Workspace, tmp_path: Path
) -> None:
    (rehearsal.root / "platforms" / f"{PLATFORM}.toml").unlink()
    hub = Hub(rehearsal)
    (report,) = hub.importer().run(write_book(tmp_path / "许可.xlsx", company(1)))
    assert (report.new, report.not_routed, report.unclaimed) == (1, 0, 1)
    assert hub.sync() == {}
    assert hub.status() == {}


def test_a_real_workspace_sends_only_what_was_confirmed_as_it_stands_now(real: Workspace) -> None:
    assert "confirm" in Hub(real).sync()[PLATFORM].note
    Hub(real).confirm(PLATFORM, "已按接口文档核对")
    assert Hub(real).is_confirmed(PLATFORM)


@pytest.mark.parametrize(
    "change",
    [
        'base_url = "https://other.invalid"',
        'base_url = "https://credit-shandong.invalid"\nread_seconds = 31',
        'base_url = "https://credit-shandong.invalid"\nverify_tls = false',
        'base_url = "https://credit-shandong.invalid"\n[limits]\nrows_per_batch = 49',
        'base_url = "https://credit-shandong.invalid"\n[words.kinds]\npermit = "xk"',
    ],
)
def test_any_change_of_a_platforms_file_lapses_its_confirmation(
    real: Workspace, change: str
) -> None:
    Hub(real).confirm(PLATFORM, "已按接口文档核对")
    write_platform(real, change)
    assert not Hub(real).is_confirmed(PLATFORM)
    assert "confirm" in Hub(real).sync()[PLATFORM].note


def test_a_confirmation_returns_with_the_file_that_was_confirmed(real: Workspace) -> None:
    """It binds to what was looked at, so undoing a change needs no second look."""
    Hub(real).confirm(PLATFORM, "已按接口文档核对")
    write_platform(real, 'base_url = "https://other.invalid"')
    assert not Hub(real).is_confirmed(PLATFORM)
    write_platform(real, 'base_url = "https://credit-shandong.invalid"')
    assert Hub(real).is_confirmed(PLATFORM)


def test_a_rehearsal_refuses_to_be_confirmed(rehearsal: Workspace) -> None:
    with pytest.raises(RefusedError, match="演练"):
        Hub(rehearsal).confirm(PLATFORM, "想转正式")


def test_a_rehearsal_refuses_a_foreign_address_before_anything_is_sent(
    rehearsal: Workspace,
) -> None:
    write_platform(rehearsal, 'base_url = "https://203.0.113.7"')
    with pytest.raises(SettingsError):
        Hub(rehearsal).check(PLATFORM)


def test_due_soon_and_overdue_are_counted_by_working_days(
    rehearsal: Workspace, tmp_path: Path
) -> None:
    """Decided on Tuesday 2026-11-03, due on Thursday the 12th; two working days are soon."""
    clock = FrozenClock()
    clock.advance(-11 * 86_400)  # Monday the 9th
    hub = Hub(rehearsal, clock)
    hub.importer().run(write_book(tmp_path / "许可.xlsx", company(1)))
    seen = []
    for _ in range(5):
        board = hub.status()[PLATFORM]
        seen.append((board["due_soon"], board["overdue"]))
        clock.advance(86_400)
    assert seen == [(0, 0), (1, 0), (1, 0), (1, 0), (0, 1)]


def test_a_lease_shorter_than_one_delivery_is_refused_with_both_figures(
    rehearsal: Workspace,
) -> None:
    path = rehearsal.root / "xinqiao.toml"
    text = path.read_text("utf-8").replace("lease_seconds = 60", "lease_seconds = 25")
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=r"25 秒.*25 秒"):
        Hub(open_workspace(rehearsal.root)).sync()
