"""On what kind of file system a path lies, and where SQLite must not be kept (文件系统).

SQLite relies on locks and shared memory that network file systems do not keep reliably: two
processes may both believe that they alone write, and the file is damaged.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from xinqiao.errors import SettingsError

MOUNT_TABLE = Path("/proc/self/mountinfo")
"""Linux's table of what is mounted where; see proc_pid_mountinfo(5)."""

NETWORK: frozenset[str] = frozenset(
    {
        "9p",
        "acfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fuse.beegfs",
        "fuse.ceph",
        "fuse.ceph-fuse",
        "fuse.cifs",
        "fuse.davfs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.juicefs",
        "fuse.lizardfs",
        "fuse.moosefs",
        "fuse.nfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.smbnetfs",
        "fuse.sshfs",
        "fuse.vmhgfs-fuse",
        "gfs2",
        "glusterfs",
        "gpfs",
        "kafs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "orangefs",
        "pvfs2",
        "smb3",
        "smbfs",
        "vboxsf",
        "vmhgfs",
    }
)
"""Types whose files live on another machine, or are written by several."""

_POINT = 4
"""Which field of a line is the mount point; before it stand numbers, device and root."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system.

    Attributes:
        point: Where it is mounted; absolute.
        type: Its type, such as ``ext4`` or ``fuse.sshfs``.
    """

    point: Path
    type: str


def parse_mounts(text: str) -> list[Mount]:
    """Return the mounts of a mount table, in its order; lines of another form are left out."""
    mounts = []
    # only a line feed ends a line: other characters that look like it may stand in a name
    for line in text.split("\n"):
        before, separator, after = line.partition(" - ")
        fields, further = before.split(" "), after.split(" ")
        if separator and len(fields) > _POINT and further[0]:
            mounts.append(Mount(Path(_unescape(fields[_POINT])), further[0]))
    return mounts


def _unescape(text: str) -> str:
    r"""Return a name of the table: blanks, tabs, line feeds and backslashes stand there as \ooo."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)


def mount_of(path: Path, mounts: list[Mount]) -> Mount | None:
    """Return the mount that an absolute path without links lies on, or None for none.

    Of several at one place the last covers the others.
    """
    found: Mount | None = None
    for mount in mounts:
        if path.is_relative_to(mount.point) and (
            found is None or len(mount.point.parts) >= len(found.point.parts)
        ):
            found = mount
    return found


def filesystem_of(path: Path) -> str | None:
    """Return the type of the file system on which ``path`` lies or would lie.

    Returns:
        None where that cannot be known: not on Linux, or the table cannot be read.
    """
    try:
        # names are bytes: what is no UTF-8 is passed on as paths do it, line ends as they are
        text = MOUNT_TABLE.read_bytes().decode("utf-8", errors="surrogateescape")
        mount = mount_of(path.resolve(), parse_mounts(text))
    except OSError:
        return None
    return mount.type if mount is not None else None


def sqlite_file(url: sa.URL) -> Path | None:
    """Return the file of a SQLite database; None for any other database or one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return None if url.database.startswith((":", "file:")) else Path(url.database)


def check_filesystem(url: sa.URL) -> str:
    """Refuse a SQLite database on a network file system.

    Returns:
        The type of the file system, empty when it does not matter or cannot be known.

    Raises:
        SettingsError: Says why and what to do.
    """
    file = sqlite_file(url)
    if file is None:
        return ""
    kind = filesystem_of(file)
    if kind in NETWORK:
        raise SettingsError(
            f"数据库 {file} 在网络文件系统（{kind}）上：那里的文件锁不可靠，会损坏数据库。"
            "请停止使用，把工作区移到本机磁盘；几台机器共用的，请改用 PostgreSQL"
            "（xinqiao.toml 的 database.url）",
            code="network_filesystem",
        )
    return kind or ""
