"""Where SQLite must not be kept is found in the system's mount table, however names are written."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.database import filesystem
from xinqiao.database.filesystem import (
    NETWORK,
    Mount,
    check_filesystem,
    filesystem_of,
    mount_of,
    parse_mounts,
    sqlite_file,
)
from xinqiao.errors import SettingsError
from xinqiao.opening import open_database, prepare_database

TABLE = r"""22 28 0:20 / /proc rw,nosuid - proc proc rw
28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
31 28 0:26 / /srv rw,relatime shared:5 master:2 propagate_from:1 - nfs4 server:/export rw,vers=4.2
40 31 8:17 /local /srv/local rw,relatime - xfs /dev/sdb1 rw
41 28 0:40 / /data/\345\205\261\344\272\253\040\346\226\207\344\273\266\134x rw - cifs //nas/x rw
42 28 0:41 / /data/双公示 rw - fuse.sshfs clerk@server:/ rw
43 28 0:42 / /auto rw - autofs systemd-1 rw
44 28 0:43 / /auto rw - nfs server:/auto rw
a line of another form
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mount table in the place of the system's."""
    file = tmp_path / "mountinfo"
    monkeypatch.setattr(filesystem, "MOUNT_TABLE", file)
    return file


def mounted(table: Path, folder: Path, kind: str) -> None:
    """Say that ``folder`` lies on a file system of its own."""
    name = "".join(f"\\{ord(one):03o}" if one in " \t\n\\" else one for one in str(folder))
    table.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:9 / {name} rw - {kind} x rw\n", "utf-8"
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/xinqiao.db", "ext4"),
        ("/srv/bureau/var/xinqiao.db", "nfs4"),
        ("/srv", "nfs4"),
        ("/srv/local/xinqiao.db", "xfs"),
        ("/srv/locals/xinqiao.db", "nfs4"),
        ("/srvs/xinqiao.db", "ext4"),
        ("/data/双公示/xinqiao.db", "fuse.sshfs"),
        ("/auto/xinqiao.db", "nfs"),
    ],
)
def test_the_longest_mount_point_counts_and_the_last_of_equals(path: str, kind: str) -> None:
    mount = mount_of(Path(path), parse_mounts(TABLE))
    assert mount is not None
    assert mount.type == kind


def test_a_table_without_a_root_knows_nothing_of_other_paths() -> None:
    assert mount_of(Path("/elsewhere"), [Mount(Path("/srv"), "nfs")]) is None
    assert parse_mounts("") == []


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name not in {".", ".."})


@given(names=st.lists(NAMES, min_size=1, max_size=3), kind=st.sampled_from(sorted(NETWORK)))
def test_any_name_that_the_system_escapes_is_read_back(names: list[str], kind: str) -> None:
    point = Path("/", *names)
    written = "".join(f"\\{ord(one):03o}" if one in " \t\n\\#" else one for one in str(point))
    table = f"1 0 8:1 / / rw - ext4 x rw\n9 1 0:9 / {written} rw shared:1 - {kind} a\\040b rw\n"
    assert parse_mounts(table)[-1] == Mount(point, kind)
    found = mount_of(point / "xinqiao.db", parse_mounts(table))
    assert found == Mount(point, kind)


@given(st.text())
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    mount_of(Path("/any"), parse_mounts(text))


def test_links_are_followed_before_the_table_is_asked(table: Path, tmp_path: Path) -> None:
    share, link = tmp_path / "网络 盘", tmp_path / "工作区"
    share.mkdir()
    link.symlink_to(share)
    mounted(table, share, "cifs")
    assert filesystem_of(link / "var" / "xinqiao.db") == "cifs"
    assert filesystem_of(tmp_path / "xinqiao.db") == "ext4"


def test_names_that_are_no_text_do_not_hide_the_others(table: Path, tmp_path: Path) -> None:
    line = f"2 1 0:9 / {tmp_path} rw - nfs x rw\n".encode()
    table.write_bytes(b"1 0 8:1 / /gb\xd0\xc5 rw - ext4 x rw\n" + line)
    assert filesystem_of(tmp_path / "xinqiao.db") == "nfs"


def test_without_a_table_nothing_is_known_and_nothing_is_refused(
    table: Path, tmp_path: Path
) -> None:
    assert not table.exists()
    assert filesystem_of(tmp_path) is None
    assert check_filesystem(sa.make_url(f"sqlite:///{tmp_path}/xinqiao.db")) == ""


@pytest.mark.parametrize("kind", sorted(NETWORK))
def test_sqlite_on_a_network_file_system_is_refused_with_the_reason_and_the_way_out(
    table: Path, tmp_path: Path, kind: str
) -> None:
    mounted(table, tmp_path, kind)
    with pytest.raises(SettingsError) as caught:
        check_filesystem(sa.make_url(f"sqlite:///{tmp_path}/xinqiao.db"))
    assert caught.value.code == "network_filesystem"
    for word in (kind, "锁不可靠", "损坏数据库", "本机磁盘", "PostgreSQL"):
        assert word in caught.value.message


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "fuse.ntfs-3g"])
def test_local_file_systems_are_taken(table: Path, tmp_path: Path, kind: str) -> None:
    mounted(table, tmp_path, kind)
    assert check_filesystem(sa.make_url(f"sqlite:///{tmp_path}/xinqiao.db")) == kind


@pytest.mark.parametrize(
    "url",
    ["postgresql://server/xinqiao", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true"],
)
def test_what_is_no_file_lies_on_no_file_system(table: Path, url: str) -> None:
    mounted(table, Path("/"), "nfs")
    assert sqlite_file(sa.make_url(url)) is None
    assert check_filesystem(sa.make_url(url)) == ""


def test_no_new_database_is_made_on_a_network_file_system(table: Path, tmp_path: Path) -> None:
    mounted(table, tmp_path, "nfs4")
    workspace = create_workspace(tmp_path / "ws", rehearsal=True, platforms=["credit_shandong"])
    with pytest.raises(SettingsError, match="锁不可靠"):
        prepare_database(workspace)
    assert list(workspace.var.iterdir()) == []


def test_one_that_is_there_already_can_still_be_read_to_move_it(
    table: Path, rehearsal: Workspace, tmp_path: Path
) -> None:
    prepare_database(rehearsal)
    mounted(table, tmp_path, "nfs4")
    prepare_database(rehearsal)
    open_database(rehearsal).close()


def test_the_systems_own_table_is_understood() -> None:
    if not filesystem.MOUNT_TABLE.exists():
        pytest.skip("this system has no mount table: not Linux")
    assert filesystem_of(Path("/")) is not None
