"""Folders for workspaces whose workers die: in memory, where there is room for it.

What a dead process had committed, the operating system keeps; only a power cut would lose it here,
and none of these tests cuts the power.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="xq-crash-", dir=_MEMORY if _MEMORY.is_dir() else None))
    yield made
    shutil.rmtree(made, ignore_errors=True)
