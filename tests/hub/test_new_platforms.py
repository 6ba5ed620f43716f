"""The platform files of a new workspace against the profiles that they are laid over."""

from pathlib import Path

import pytest

from xinqiao.adapters.profile import load_profile
from xinqiao.config.platform_files import KnownPlatform, known_platforms
from xinqiao.config.workspace import create_workspace
from xinqiao.connections import read_connections
from xinqiao.records.kinds import KINDS
from xinqiao.routing.routes import routes_of
from xinqiao.simulator.rules import load_rules


@pytest.mark.parametrize("platform", known_platforms(), ids=lambda one: one.id)
def test_a_file_asks_for_what_its_profile_asks_for(platform: KnownPlatform) -> None:
    profile = load_profile(platform.id, {})
    assert platform.name == profile.name
    assert {one.name: one.label for one in platform.credentials} == profile.credentials


@pytest.mark.parametrize("rehearsal", [True, False])
def test_every_file_of_a_new_workspace_is_sound(tmp_path: Path, *, rehearsal: bool) -> None:
    workspace = create_workspace(tmp_path / "ws", rehearsal=rehearsal)
    connections = read_connections(workspace)
    assert set(connections.sound) == {one.id for one in known_platforms()}
    assert not connections.broken
    for name, one in connections.sound.items():
        assert one.connected is rehearsal
        assert not one.missing_values
        one.check_lease(name, workspace.settings.delivery.lease_seconds)


def test_every_platform_of_the_table_of_routes_has_a_file_and_a_stand_in() -> None:
    known = {one.id for one in known_platforms()}
    assert {route.platform for kind in KINDS for route in routes_of(kind)} == known
    assert len({one.port for one in known_platforms()}) == len(known)
    for name in known:
        assert load_rules(name).resources
