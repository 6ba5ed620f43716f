"""Puts one file into a folder that somebody else reads: whole or not at all, never twice (投放).

The file is written under a hidden name beside its place, read back, and then linked to its own
name, which never overwrites. The flag file is prepared beforehand and renamed into place last. As
long as it waits under its hidden name the flag was certainly never shown; so a delivery that broke
off can be finished without showing the flag a second time to a receiver that took it away.
"""

import errno
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from xinqiao.adapters.base import TOO_LATE, Outcome

Placed = tuple[Outcome, str]
"""What came of it, and the code that says why; RECEIVED has an empty code or ``already_there``."""

_STALE_SECONDS = 86_400.0
_OWNER_ONLY = 0o600
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_PART = re.compile(r"\.(?P<name>.+)\.(?P<token>[0-9a-f]{16})\.part", re.DOTALL)
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL})
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF})

_TROUBLES: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: "disk_full",
        errno.EDQUOT: "disk_full",
        errno.EFBIG: "disk_full",
        errno.EACCES: "no_permission",
        errno.EPERM: "no_permission",
        errno.EROFS: "no_permission",
        errno.ENOENT: "folder_missing",
        errno.ENOTDIR: "folder_missing",
        errno.ESTALE: "folder_missing",
    }
)
"""Number of a system error → our name of it."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A folder and how files are put there.

    Attributes:
        folder: The folder; it must exist.
        mode: Permissions of the files.
        flag: Ending of the flag file; empty for none.
        files_stay: Whether nobody takes files away.
    """

    folder: Path
    mode: int = _OWNER_ONLY
    flag: str = ""
    files_stay: bool = False


def trouble(error: OSError) -> str:
    """Return our name for what the system complained of."""
    return _TROUBLES.get(error.errno or 0, "file_write_failed")


def put(
    drop: Drop, name: str, content: bytes, flag_content: bytes, in_time: Callable[[], bool]
) -> Placed:
    """Put ``content`` under ``name`` into the folder; says what is certain.

    Args:
        drop: The folder.
        name: Name of the file.
        content: Its bytes.
        flag_content: Bytes of the flag file.
        in_time: Asked right before the file gets its name.
    """
    return _Placing(drop, name, content, flag_content).run(in_time)


def try_out(folder: Path) -> str:
    """Write a hidden file into ``folder`` and take it away; return our name of what failed."""
    part = folder / f".xinqiao-probe.{secrets.token_hex(8)}.part"
    try:
        _write(part, b"", _OWNER_ONLY)
        part.unlink()
    except OSError as error:
        return trouble(error)
    return ""


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` survive a power failure, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, mode: int = _OWNER_ONLY) -> None:
    """Write a new file, make it durable and read it back.

    Raises:
        OSError: It was not written, or reads back as something else.
    """
    _write(path, content, mode)
    if path.read_bytes() != content:
        raise OSError(errno.EIO, "reads back differently")


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, _CREATE, _OWNER_ONLY)
    try:
        if mode != _OWNER_ONLY:
            os.fchmod(descriptor, mode)
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Placing:
    """One file on its way into a folder."""

    def __init__(self, drop: Drop, name: str, content: bytes, flag_content: bytes) -> None:
        token = secrets.token_hex(8)
        self._drop = drop
        self._content = content
        self._flag_content = flag_content
        self._name = name
        self._final = drop.folder / name
        self._part = drop.folder / f".{name}.{token}.part"
        self._flag = drop.folder / f"{name}{drop.flag}" if drop.flag else None
        self._flag_part = drop.folder / f".{name}.{token}.flag"

    def run(self, in_time: Callable[[], bool]) -> Placed:
        try:
            found = self._found()
            if found is None:
                doubt = self._traces()
                if doubt is not None:
                    return doubt
                self._prepare()
        except OSError as error:
            self._clear_up()
            return Outcome.RETRYABLE, trouble(error)
        if found is not None:
            return found
        if not in_time():
            self._clear_up()
            return Outcome.RETRYABLE, TOO_LATE
        return self._publish()

    def _found(self) -> Placed | None:
        """Return what it means that something stands under the name; None when nothing does."""
        try:
            self._final.lstat()
        except FileNotFoundError:
            self._drop.folder.lstat()  # no folder is no answer to whether the file is there
            return None
        return self._compare("already_there")

    def _compare(self, code: str) -> Placed:
        try:
            size = self._final.lstat().st_size
            same = size == len(self._content) and self._final.read_bytes() == self._content
        except OSError:
            return Outcome.IN_DOUBT, "target_unreadable"
        return self._complete(code) if same else (Outcome.IN_DOUBT, "name_taken")

    def _traces(self) -> Placed | None:
        """Look at what earlier deliveries left, take away what never was shown."""
        parts, flags = self._leftovers()
        mine = {token for token, name in parts.items() if name == self._name}
        shown = self._flag is not None and os.path.lexists(self._flag)
        if shown or flags.keys() - mine:
            # it had its name, and has it no longer: somebody took it, with or without the flag
            return Outcome.IN_DOUBT, "file_gone"
        for token, name in parts.items():
            if name == self._name or self._is_stale(token, name):
                # the flag first: alone it would tell that the file was shown
                self._hidden(name, token, "flag").unlink(missing_ok=True)
                self._hidden(name, token, "part").unlink(missing_ok=True)
        return None

    def _leftovers(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return token → name of every hidden file, and of the hidden flags of this one."""
        parts, flags = {}, {}
        mine = re.compile(rf"\.{re.escape(self._name)}\.([0-9a-f]{{16}})\.flag")
        for entry in self._drop.folder.iterdir():
            if part := _PART.fullmatch(entry.name):
                parts[part["token"]] = part["name"]
            elif flag := mine.fullmatch(entry.name):
                flags[flag[1]] = self._name
        return parts, flags

    def _is_stale(self, token: str, name: str) -> bool:
        """Tell whether a hidden file is older than any delivery lasts, by the folder's clock."""
        try:
            old = self._hidden(name, token, "part").lstat().st_mtime
            return self._drop.folder.stat().st_mtime - old > _STALE_SECONDS
        except FileNotFoundError:
            return False

    def _hidden(self, name: str, token: str, ending: str) -> Path:
        return self._drop.folder / f".{name}.{token}.{ending}"

    def _prepare(self) -> None:
        write_whole(self._part, self._content, self._drop.mode)
        if self._flag is not None:
            write_whole(self._flag_part, self._flag_content, self._drop.mode)

    def _publish(self) -> Placed:
        try:
            self._give_name()
        except FileExistsError:
            if not self._is_ours():
                # the flag that was prepared must not be shown for somebody else's file
                self._clear_up()
            return self._compare("already_there")
        except OSError:
            return self._after_failure()
        return self._complete("")

    def _give_name(self) -> None:
        try:
            os.link(self._part, self._final, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._rename()
        else:
            self._part.unlink()

    def _rename(self) -> None:
        """Rename where the file system knows no links; only a foreign writer could come between."""
        if os.path.lexists(self._final):
            raise FileExistsError(errno.EEXIST, "taken")
        self._part.rename(self._final)

    def _is_ours(self) -> bool:
        """Tell whether the name is our own after all: a network may lose the confirmation."""
        try:
            return self._final.samefile(self._part)
        except OSError:
            return False

    def _after_failure(self) -> Placed:
        """Say what is known after an error: the system may have given the name all the same."""
        with suppress(OSError):
            if self._final.read_bytes() == self._content:
                return self._complete("")
        if self._drop.files_stay:
            with suppress(OSError):
                self._drop.folder.stat()
                if not os.path.lexists(self._final):
                    self._clear_up()
                    return Outcome.RETRYABLE, "file_write_failed"
        return Outcome.IN_DOUBT, "publish_failed"

    def _complete(self, code: str) -> Placed:
        """Show the flag, if it never was, and make the names durable."""
        try:
            self._show_flag()
            sync_folder(self._drop.folder)
        except OSError:
            return Outcome.IN_DOUBT, "flag_failed" if self._flag else "publish_failed"
        return Outcome.RECEIVED, code

    def _show_flag(self) -> None:
        parts, flags = self._leftovers()
        if self._flag is not None:
            for token in flags:
                part = self._hidden(self._name, token, "flag")
                if os.path.lexists(self._flag):
                    part.unlink(missing_ok=True)
                else:
                    part.rename(self._flag)
        for token, name in parts.items():
            if name == self._name:
                self._hidden(name, token, "part").unlink(missing_ok=True)

    def _clear_up(self) -> None:
        """Take away what was prepared and never shown; what stays is found the next time."""
        with suppress(OSError):
            self._flag_part.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
