"""A folder, best on a disk that the machine's owner cannot write to at will (文件夹)."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xinqiao.audit.anchors.form import LONGEST
from xinqiao.errors import BusyError, DamageError, reason_of

_MODE = 0o644
"""An anchor holds nothing that is secret, and others are to read it."""


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder; one that is not there is never made, since a disk may not be mounted.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return f"folder:{self.path}"

    def put(self, file_name: str, text: str) -> None:
        """Leave an anchor there, whole or not at all; what lies there is never overwritten.

        Raises:
            BusyError: The folder is not there or cannot be written.
            DamageError: Something else lies there under that name.
        """
        target = self.path / file_name
        try:
            if not target.exists():
                self._write(target, text)
            found = _start_of(target)
        except OSError as error:
            raise BusyError(
                f"锚点文件夹 {self.path} 不能写（{reason_of(error)}）："
                "请检查磁盘是否接好、权限是否够",
                code="anchor_folder",
            ) from error
        if found != text.encode():
            raise DamageError(
                f"锚点文件 {target} 与写入的不同：被改动过，或写坏了；"
                "请保留这个文件，报告负责人，查明后移开，会重新写入",
                code="anchor_file_differs",
            )

    def _write(self, target: Path, text: str) -> None:
        part = self.path / f".{target.name}.{secrets.token_hex(4)}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
                with suppress(OSError):  # a disk from another system knows no permissions
                    os.fchmod(file.fileno(), _MODE)
            try:
                os.link(part, target)
            except FileExistsError:
                return
            except OSError:
                # a disk from another system knows no second names for a file
                part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        _flush_folder(self.path)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems flush by themselves and refuse
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST + 1)
