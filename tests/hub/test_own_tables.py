"""A workspace's own format and code tables are what its records are planned, sent and shown by."""

from importlib.resources import files
from pathlib import Path

import pytest

from tests.imports.books import company, write_book
from xinqiao.config.workspace import Workspace, open_workspace
from xinqiao.connections import read_connections
from xinqiao.database.tables import holding
from xinqiao.errors import SettingsError
from xinqiao.hub import Hub

PLATFORM = "credit_shandong"
PERMIT = f"formats/{PLATFORM}/permit-2018.toml"
CLASSES = "codes/permit_class.toml"


def lay(workspace: Workspace, name: str, *edits: tuple[str, str]) -> Path:
    """Lay an edited copy of a shipped table over it."""
    text = files("xinqiao.mapping").joinpath(*name.split("/")).read_text(encoding="utf-8")
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    path = workspace.tables / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def hub_of(workspace: Workspace) -> Hub:
    return Hub(open_workspace(workspace.root))


def take(hub: Hub, tmp_path: Path, *numbers: int) -> None:
    hub.importer().run(write_book(tmp_path / "许可.xlsx", *map(company, numbers)))


def findings(hub: Hub) -> list[list[str]]:
    with hub.database.reading() as connection:
        rows = connection.execute(holding.select().order_by(holding.c.id)).all()
    return [[one["code"] for one in row.findings] for row in rows]


def test_records_are_planned_by_the_workspaces_own_table(
    rehearsal: Workspace, tmp_path: Path
) -> None:
    lay(rehearsal, PERMIT, ("length = 4000", "length = 2"))
    hub = hub_of(rehearsal)
    take(hub, tmp_path, 1)
    assert findings(hub) == [["too_long"]]


def test_an_untouched_copy_changes_nothing_and_an_edited_one_ends_the_confirmation(
    rehearsal: Workspace,
) -> None:
    before = read_connections(rehearsal).sound[PLATFORM]
    lay(rehearsal, PERMIT)
    lay(rehearsal, CLASSES)
    assert read_connections(rehearsal).sound[PLATFORM].digest == before.digest
    lay(rehearsal, CLASSES, ('wire = "普通"', 'wire = "一般"'))
    edited = read_connections(rehearsal).sound[PLATFORM]
    assert edited.digest != before.digest
    # nor is it believed that a batch under way is not there, only because it is not found now
    assert edited.way != before.way


def test_a_broken_table_breaks_its_platform_alone(rehearsal: Workspace) -> None:
    other = rehearsal.root / "platforms" / "another_site.toml"
    other.write_text((rehearsal.root / "platforms" / f"{PLATFORM}.toml").read_text("utf-8"))
    path = lay(rehearsal, PERMIT, ('key_fields = ["', 'key_feilds = ["'))
    found = read_connections(rehearsal)
    assert (list(found.sound), list(found.broken)) == (["another_site"], [PLATFORM])
    assert f"{path}" in found.broken[PLATFORM].message
    assert "第 " in found.broken[PLATFORM].message
    with pytest.raises(SettingsError, match="key_feilds"):
        hub_of(rehearsal).sync(PLATFORM)


def test_a_table_for_what_is_shown_to_everybody_must_say_so(rehearsal: Workspace) -> None:
    site = rehearsal.root / "platforms" / "county_site.toml"
    site.write_text("", "utf-8")
    name = next(
        one.name
        for one in files("xinqiao.mapping").joinpath("formats", "county_site").iterdir()
        if one.name.startswith("penalty-")
    )
    assert "county_site" in read_connections(rehearsal).sound
    lay(rehearsal, f"formats/county_site/{name}", ("public = true", "public = false"))
    assert "public = true" in read_connections(rehearsal).broken["county_site"].message


def test_what_is_planned_is_sent_and_confirmed_by_the_same_tables(rehearsal: Workspace) -> None:
    hub = hub_of(rehearsal)
    lay(rehearsal, PERMIT, ("length = 4000", "length = 2"))
    assert hub.planner.formats is hub.worker.formats is hub.formats
    before = hub.platforms[PLATFORM].digest
    # edited once more after it was read: what goes out is what was confirmed
    lay(rehearsal, PERMIT, ("length = 4000", "length = 3"))
    assert hub.worker.formats.of(PLATFORM, "permit").fields["XK_NR"].length == 2
    assert hub_of(rehearsal).platforms[PLATFORM].digest != before
