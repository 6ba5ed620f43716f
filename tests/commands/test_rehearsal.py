"""A rehearsal stays a rehearsal, whatever its settings are made to say."""

import subprocess
import sys
from pathlib import Path


def xinqiao(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "xinqiao", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_rehearsal_cannot_be_made_real_by_a_word_in_its_settings(tmp_path: Path) -> None:
    root = tmp_path / "new"
    assert xinqiao("init", root, "--rehearsal", "--yes").returncode == 0
    assert xinqiao("-w", root, "status").returncode == 0
    settings = root / "xinqiao.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("rehearsal = true", "rehearsal = false"), "utf-8")
    assert xinqiao("init", root, "--yes").returncode == 1
    refused = xinqiao("-w", root, "status")
    assert refused.returncode == 1
    assert "演练工作区" in refused.stderr
    settings.write_text(text, "utf-8")
    assert xinqiao("-w", root, "status").returncode == 0
