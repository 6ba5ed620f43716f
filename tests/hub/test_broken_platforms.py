"""One platform's file that somebody is mending stops no other, and nothing owed goes unnoticed."""

from pathlib import Path

import pytest

from tests.imports.books import company, write_book
from xinqiao.config.workspace import Workspace, open_workspace
from xinqiao.connections import read_connections
from xinqiao.database.tables import duty, holding
from xinqiao.diagnosis import diagnose
from xinqiao.errors import SettingsError
from xinqiao.hub import Hub
from xinqiao.reconcile.window import Window

PLATFORM = "credit_shandong"
OTHER = "another_site"


@pytest.fixture
def hub(rehearsal: Workspace) -> Hub:
    """A hub with a sound platform and one whose file has a key that nobody knows."""
    folder = rehearsal.root / "platforms"
    good = (folder / f"{PLATFORM}.toml").read_text("utf-8")
    (folder / f"{OTHER}.toml").write_text(good, "utf-8")
    (folder / f"{PLATFORM}.toml").write_text(f"{good}\nread_second = 3\n", "utf-8")
    return Hub(open_workspace(rehearsal.root))


def test_the_others_are_read_and_the_broken_one_is_named_with_file_and_key(hub: Hub) -> None:
    found = read_connections(hub.workspace)
    assert list(found.sound) == [OTHER]
    (error,) = found.broken.values()
    assert "read_second" in error.message
    assert f"{PLATFORM}.toml" in error.message
    assert found.names == {PLATFORM, OTHER}


@pytest.mark.parametrize(
    "text", ["broken = ", "profile = 3", "profile = 'none'", "\x00", "[values"]
)
def test_whatever_is_wrong_with_a_file_it_is_told(rehearsal: Workspace, text: str) -> None:
    (rehearsal.root / "platforms" / f"{OTHER}.toml").write_text(text, "utf-8")
    found = read_connections(rehearsal)
    assert (list(found.sound), list(found.broken)) == ([PLATFORM], [OTHER])


def test_what_is_imported_meanwhile_is_owed_to_the_broken_platform_too(
    hub: Hub, tmp_path: Path
) -> None:
    hub.importer().run(write_book(tmp_path / "许可.xlsx", company(1)))
    with hub.database.reading() as connection:
        owed = connection.execute(duty.select()).one()
        held = connection.execute(holding.select()).one()
    assert (owed.platform, held.platform) == (PLATFORM, PLATFORM)


def test_a_pass_over_all_passes_over_the_sound_ones_and_says_so(hub: Hub) -> None:
    reports = hub.sync()
    assert set(reports) == {PLATFORM, OTHER}
    assert "read_second" in reports[PLATFORM].note
    assert "read_second" not in reports[OTHER].note


def test_reconciling_all_tells_of_the_broken_one(hub: Hub) -> None:
    today = hub.clock.today()
    window = Window(today, today)
    reports = hub.reconcile(None, window.start, window.end)
    assert "read_second" in reports[PLATFORM].note
    assert reports[PLATFORM].needs_a_person


def test_a_command_that_names_it_fails_with_what_is_wrong(hub: Hub) -> None:
    for command in (hub.sync, hub.check):
        with pytest.raises(SettingsError, match="read_second"):
            command(PLATFORM)


def test_the_board_and_the_doctor_tell_of_it(hub: Hub) -> None:
    board = hub.status()
    assert "read_second" in board[PLATFORM]["broken"]
    assert (board[PLATFORM]["confirmed"], board[OTHER]["broken"]) == (False, "")
    told = [one for one in diagnose(hub.workspace.root) if one.name == f"平台 {PLATFORM}"]
    assert [(one.ok, "read_second" in one.remark) for one in told] == [(False, True)]
