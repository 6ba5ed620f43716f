"""Workbooks that this program wrote and nobody removed: they hold personal data (过期的表)."""

import re
import stat
from datetime import datetime
from pathlib import Path

from xinqiao.errors import SettingsError, reason_of

_STAMP = r"\d{8}-\d{6}"
_OURS = re.compile(
    rf".*-疑点-{_STAMP}(-\d+)?\.xlsx"  # findings of an import
    rf"|待更正-.+-{_STAMP}\.xlsx"  # corrections for a department
    r"|\.[a-z0-9_]{8}\.part",  # either, when the program was killed while it wrote
    re.DOTALL,
)


def old_workbooks(folder: Path, cutoff: datetime) -> list[tuple[Path, int]]:
    """Return workbooks in ``folder`` last written before ``cutoff``, each with its bytes.

    Only what bears a name that this program gives; links and folders are left alone.

    Raises:
        SettingsError: The folder cannot be read.
    """
    found = []
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            ours = stat.S_ISREG(status.st_mode) and _OURS.fullmatch(path.name)
            if ours and status.st_mtime < cutoff.timestamp():
                found.append((path, status.st_size))
    except FileNotFoundError:
        # no folder yet, or somebody is removing files at this moment
        return found
    except OSError as error:
        raise SettingsError(
            f"文件夹 {folder} 无法读取（{reason_of(error)}），请检查权限", code="findings_file"
        ) from error
    return found


def remove_workbooks(old: list[tuple[Path, int]]) -> list[tuple[Path, int]]:
    """Remove workbooks; return those that are gone by now, the others cannot be removed."""
    gone = []
    for path, size in old:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            continue
        gone.append((path, size))
    return gone
