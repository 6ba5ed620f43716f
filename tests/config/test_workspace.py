"""A workspace is made whole, completed without harm, and refused with a clear reason."""

import stat
from pathlib import Path

import pytest

from xinqiao.config.workspace import create_workspace, open_workspace
from xinqiao.errors import InputError, SettingsError

PLATFORM = "credit_shandong"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_and_data_are_for_the_owner_only(tmp_path: Path) -> None:
    root = create_workspace(tmp_path / "ws", rehearsal=True).root
    assert mode(root / "secrets") == mode(root / "var") == 0o700
    assert mode(root / "secrets" / "keys.toml") == 0o600
    assert mode(root / "secrets" / f"{PLATFORM}.toml") == 0o600


def test_a_second_init_changes_nothing_and_brings_back_what_is_missing(tmp_path: Path) -> None:
    root = create_workspace(tmp_path / "ws", rehearsal=False).root
    keys = (root / "secrets" / "keys.toml").read_bytes()
    (root / "xinqiao.toml").write_text('[bureau]\nname = "云溪县交通运输局"\n', "utf-8")
    (root / "sources" / "README.txt").unlink()
    again = create_workspace(root, rehearsal=False)
    assert again.settings.bureau.name == "云溪县交通运输局"
    assert (root / "secrets" / "keys.toml").read_bytes() == keys
    assert (root / "sources" / "README.txt").exists()


def test_a_folder_with_other_things_is_not_mixed_with_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "报表.xlsx").write_text("", "utf-8")
    with pytest.raises(InputError, match="空文件夹"):
        create_workspace(tmp_path, rehearsal=False)


def test_a_file_is_not_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InputError, match="是一个文件"):
        create_workspace(tmp_path / "file", rehearsal=False)


def test_a_workspace_that_does_not_exist_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="xinqiao init") as refused:
        open_workspace(tmp_path / "none")
    assert refused.value.code == "workspace_missing"


def test_credentials_that_others_can_read_are_refused(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "ws", rehearsal=True)
    (workspace.root / "secrets" / f"{PLATFORM}.toml").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        workspace.credentials(PLATFORM)


def test_the_environment_wins_over_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = create_workspace(tmp_path / "ws", rehearsal=True)
    monkeypatch.setenv("XINQIAO_SECRET_CREDIT_SHANDONG_CLIENT_ID", "from-environment")
    monkeypatch.setenv("XINQIAO_DATABASE_URL", "sqlite:///elsewhere.db")
    assert workspace.credentials(PLATFORM)["client_id"] == "from-environment"
    assert workspace.database_url == "sqlite:///elsewhere.db"


@pytest.mark.parametrize("rehearsal", [True, False])
def test_the_shipped_settings_are_valid_and_say_what_they_are(
    tmp_path: Path, rehearsal: bool
) -> None:
    settings = create_workspace(tmp_path / "ws", rehearsal=rehearsal).settings
    assert settings.workspace.rehearsal is rehearsal
