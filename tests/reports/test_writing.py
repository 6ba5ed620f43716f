"""A report is written whole, for its owner only, and never over another file unasked."""

import stat
from pathlib import Path

import pytest

from xinqiao.errors import SettingsError
from xinqiao.reports.writing import write_report


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    target = tmp_path / "目录.xlsx"
    write_report(target, b"one")
    assert target.read_bytes() == b"one"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_there_is_overwritten_only_when_asked(tmp_path: Path) -> None:
    target = tmp_path / "目录.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(SettingsError, match="--force"):
        write_report(target, b"new")
    assert target.read_bytes() == b"old"
    write_report(target, b"new", replace=True)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_not_followed_to_a_file_elsewhere(tmp_path: Path) -> None:
    other = tmp_path / "别的.txt"
    other.write_bytes(b"other")
    target = tmp_path / "目录.xlsx"
    target.symlink_to(other)
    write_report(target, b"new", replace=True)
    assert (other.read_bytes(), target.is_symlink()) == (b"other", False)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="无法写入"):
        write_report(tmp_path / "没有" / "目录.xlsx", b"one")
