"""A small disk that can be filled to the last byte."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = 160
_PIECE = 1 << 16


class NoSmallDiskError(Exception):
    """This user or this machine cannot mount a small file system."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system of its own in memory.

    Attributes:
        path: Where it is mounted.
    """

    path: Path

    def fill(self) -> None:
        """Take every byte that is left."""
        with (self.path / "ballast").open("ab", buffering=0) as ballast:
            for size in (_PIECE, 1):
                try:
                    while ballast.write(bytes(size)):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Give back what was taken."""
        (self.path / "ballast").unlink(missing_ok=True)


@contextmanager
def small_disk() -> Iterator[SmallDisk]:
    """Give a small disk, gone at the end.

    Raises:
        NoSmallDiskError: It cannot be mounted: that takes root, and a kernel that lets it.
    """
    path = Path(tempfile.mkdtemp(prefix="xq-disk-", dir="/tmp"))
    mount, umount = shutil.which("mount"), shutil.which("umount")
    try:
        if os.geteuid() != 0 or mount is None or umount is None:
            raise NoSmallDiskError("only root can mount a small disk")
        size = f"size={MEGABYTES}m"
        done = subprocess.run(
            [mount, "-t", "tmpfs", "-o", size, "tmpfs", str(path)], capture_output=True, check=False
        )
        if done.returncode != 0:
            raise NoSmallDiskError(done.stderr.decode(errors="replace").strip())
        try:
            yield SmallDisk(path)
        finally:
            subprocess.run([umount, "--lazy", str(path)], check=False)
    finally:
        path.rmdir()
