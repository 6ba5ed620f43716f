"""A database that is lost or exchanged is never replaced by an empty one."""

import subprocess
import sys
from pathlib import Path

import pytest


def xinqiao(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "xinqiao", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "bureau"
    assert xinqiao("init", made, "--yes").returncode == 0
    return made


def lose(root: Path) -> None:
    for file in (root / "var").glob("xinqiao.db*"):
        file.unlink()


@pytest.mark.parametrize(
    "words", [("status",), ("audit", "verify"), ("init", "--yes"), ("queue", "list")]
)
def test_nothing_takes_the_place_of_a_lost_database(root: Path, words: tuple[str, ...]) -> None:
    lose(root)
    done = xinqiao("-w", root, *words)
    assert done.returncode == 1
    assert "备份" in done.stderr
    assert not (root / "var" / "xinqiao.db").exists()


def test_the_database_of_another_workspace_is_not_taken_for_ours(
    root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    xinqiao("init", other, "--yes")
    lose(root)
    for file in (other / "var").glob("xinqiao.db*"):
        file.rename(root / "var" / file.name)
    for words in (("status",), ("audit", "verify"), ("init", "--yes")):
        done = xinqiao("-w", root, *words)
        assert done.returncode == 1
        assert "founding.txt" in done.stderr


def test_an_init_that_was_interrupted_before_the_database_can_be_repeated(root: Path) -> None:
    lose(root)
    (root / "secrets" / "founding.txt").unlink()
    told = xinqiao("-w", root, "status")
    assert told.returncode == 1
    assert "xinqiao init" in told.stderr
    assert not (root / "var" / "xinqiao.db").exists()
    assert xinqiao("-w", root, "init", "--yes").returncode == 0
    assert xinqiao("-w", root, "status").returncode == 0
