"""The workspace: made once, completed later, never overwritten; secrets are its owner's only."""

import os
import stat
from pathlib import Path

import pytest

from xinqiao.config.workspace import Workspace, create_workspace, open_workspace
from xinqiao.errors import InputError, SettingsError

PLATFORMS = ["county_site", "credit_shandong", "safety_credit", "transport_credit"]
REHEARSAL_CREDENTIALS = {"client_id": "xinqiao-demo", "client_secret": "rehearsal-only"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "正式 工作区", rehearsal=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def picture(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return every file and folder with its mode, time of change and content."""
    return {
        str(path.relative_to(root)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [root, *root.rglob("*")]
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_workspace_has_its_folders_with_the_right_modes(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        root = create_workspace(tmp_path / "ws", rehearsal=True).root
    finally:
        os.umask(before)
    modes = {path.name: mode(path) for path in root.iterdir() if path.is_dir()}
    assert modes == {
        "platforms": 0o755,
        "tables": 0o755,
        "sources": 0o755,
        "secrets": 0o700,
        "var": 0o700,
    }
    assert {path.name: mode(path) for path in (root / "secrets").iterdir()} == {
        "keys.toml": 0o600,
        **{f"{name}.toml": 0o600 for name in PLATFORMS},
    }


def test_a_new_workspace_can_be_opened_and_has_keys_and_platforms(workspace: Workspace) -> None:
    assert open_workspace(workspace.root) == workspace
    assert workspace.keys().current == "k1"
    assert list(workspace.platform_files()) == PLATFORMS
    assert not workspace.settings.workspace.rehearsal
    assert not workspace.credentials("credit_shandong")


def test_two_workspaces_have_different_keys(tmp_path: Path) -> None:
    first, second = (create_workspace(tmp_path / name, rehearsal=True) for name in "ab")
    assert first.key_file.read_bytes() != second.key_file.read_bytes()


def test_a_rehearsal_has_the_credentials_of_the_simulated_platform(rehearsal: Workspace) -> None:
    assert rehearsal.settings.workspace.rehearsal
    assert rehearsal.credentials("credit_shandong") == REHEARSAL_CREDENTIALS


@pytest.mark.parametrize("rehearsal", [True, False])
def test_a_second_run_changes_nothing(tmp_path: Path, rehearsal: bool) -> None:
    root = create_workspace(tmp_path / "ws", rehearsal=rehearsal).root
    before = picture(root)
    create_workspace(root, rehearsal=rehearsal)
    assert picture(root) == before


def test_a_second_run_keeps_what_the_operator_wrote(workspace: Workspace) -> None:
    settings = workspace.root / "xinqiao.toml"
    settings.write_text('[bureau]\nname = "示例县交通运输局"\n', encoding="utf-8")
    again = create_workspace(workspace.root, rehearsal=False)
    assert again.settings.bureau.name == "示例县交通运输局"


def test_a_second_run_completes_what_is_missing(workspace: Workspace) -> None:
    (workspace.root / "sources" / "README.txt").unlink()
    (workspace.root / "sources").rmdir()
    create_workspace(workspace.root, rehearsal=False)
    assert (workspace.root / "sources" / "README.txt").exists()


def test_a_second_run_adds_no_platform_but_the_one_that_is_named(workspace: Workspace) -> None:
    """Records would be owed to it from then on, though somebody took its file away."""
    file = workspace.root / "platforms" / "safety_credit.toml"
    before = file.read_bytes()
    file.unlink()
    create_workspace(workspace.root, rehearsal=False)
    assert not file.exists()
    create_workspace(workspace.root, rehearsal=False, platforms=["safety_credit"])
    assert file.read_bytes() == before


def test_a_second_run_on_a_rehearsal_completes_the_rehearsal(rehearsal: Workspace) -> None:
    secrets = rehearsal.root / "secrets" / "credit_shandong.toml"
    before = secrets.read_bytes()
    secrets.unlink()
    assert create_workspace(rehearsal.root, rehearsal=False).settings.workspace.rehearsal
    assert secrets.read_bytes() == before
    assert list(rehearsal.platform_files()) == ["credit_shandong"]


def test_a_workspace_has_files_for_the_platforms_that_are_named(tmp_path: Path) -> None:
    made = create_workspace(
        tmp_path / "ws", rehearsal=True, platforms=["transport_credit", "county_site"]
    )
    assert list(made.platform_files()) == ["county_site", "transport_credit"]
    assert made.credentials("county_site") == {"site_key": "rehearsal-only"}


def test_a_platform_that_is_not_known_is_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="没有随附平台“safety”的文件，可写的有：credit_shandong"):
        create_workspace(tmp_path / "ws", rehearsal=True, platforms=["safety"])
    assert not (tmp_path / "ws").exists()


def test_a_real_workspace_never_becomes_a_rehearsal(workspace: Workspace) -> None:
    before = picture(workspace.root)
    with pytest.raises(InputError, match="正式工作区"):
        create_workspace(workspace.root, rehearsal=True)
    assert picture(workspace.root) == before


def test_lost_keys_are_never_replaced_by_new_ones(workspace: Workspace) -> None:
    """New keys under the old name would make old and new values unreadable in turn."""
    workspace.key_file.unlink()
    with pytest.raises(SettingsError, match="请从备份恢复，不要新建"):
        create_workspace(workspace.root, rehearsal=False)
    assert not workspace.key_file.exists()


def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "报表.xlsx").touch()
    with pytest.raises(InputError, match="请换一个空文件夹"):
        create_workspace(tmp_path, rehearsal=False)
    assert [path.name for path in tmp_path.iterdir()] == ["报表.xlsx"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ws"
    path.touch()
    with pytest.raises(InputError, match="是一个文件"):
        create_workspace(path, rehearsal=False)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert create_workspace(tmp_path, rehearsal=False).root == tmp_path


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Below a file nobody can write, root neither."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="无法写入") as caught:
        create_workspace(tmp_path / "file" / "ws", rehearsal=False)
    assert str(tmp_path / "file" / "ws") in caught.value.message


def test_opening_what_is_no_workspace_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="xinqiao init") as caught:
        open_workspace(tmp_path / "nowhere")
    assert caught.value.code == "workspace_missing"
    assert str(tmp_path / "nowhere") in caught.value.message


def test_a_relative_path_is_made_absolute(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root.parent)
    assert open_workspace(Path(workspace.root.name)).root == workspace.root


def test_the_database_is_in_var_unless_set_and_the_environment_wins(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workspace.database_url == f"sqlite:///{workspace.root}/var/xinqiao.db"
    settings = workspace.root / "xinqiao.toml"
    settings.write_text('[database]\nurl = "sqlite:////elsewhere.db"\n', encoding="utf-8")
    changed = open_workspace(workspace.root)
    assert changed.database_url == "sqlite:////elsewhere.db"
    monkeypatch.setenv("XINQIAO_DATABASE_URL", "sqlite:////of-the-environment.db")
    assert changed.database_url == "sqlite:////of-the-environment.db"


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o610])
def test_credentials_that_others_can_open_are_refused(rehearsal: Workspace, bits: int) -> None:
    path = rehearsal.root / "secrets" / "credit_shandong.toml"
    path.chmod(bits)
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        rehearsal.credentials("credit_shandong")
    assert str(path) in caught.value.message
    assert "rehearsal-only" not in caught.value.message


def test_credentials_that_are_no_text_are_refused_without_showing_them(
    rehearsal: Workspace,
) -> None:
    path = rehearsal.root / "secrets" / "credit_shandong.toml"
    path.write_text("client_secret = 987654", encoding="utf-8")
    with pytest.raises(SettingsError, match="“client_secret”应为文字") as caught:
        rehearsal.credentials("credit_shandong")
    assert "987654" not in caught.value.message


def test_credentials_of_the_environment_win_over_the_file(
    rehearsal: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_SECRET_CREDIT_SHANDONG_CLIENT_SECRET", "of-the-environment")
    monkeypatch.setenv("XINQIAO_SECRET_CREDIT_SHANDONG_SALT", "more")
    monkeypatch.setenv("XINQIAO_SECRET_COUNTY_SITE_SALT", "of another platform")
    assert rehearsal.credentials("credit_shandong") == {
        "client_id": "xinqiao-demo",
        "client_secret": "of-the-environment",
        "salt": "more",
    }


def test_a_platform_without_credentials_has_none(rehearsal: Workspace) -> None:
    assert rehearsal.credentials("county_site") == {}
