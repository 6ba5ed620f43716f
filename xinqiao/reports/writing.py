"""Writing a report where a person wants it: nothing is overwritten unasked (写出报表)."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xinqiao.errors import SettingsError, reason_of


def write_report(target: Path, content: bytes, *, replace: bool = False) -> None:
    """Write ``content`` to ``target``, whole or not at all, readable by its owner only.

    Raises:
        SettingsError: There is such a file already, or the folder cannot be written to.
    """
    with placing(target, replace=replace) as part:
        part.write_bytes(content)


@contextmanager
def placing(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give an empty file, readable by its owner only, that becomes ``target`` once it is written.

    Raises:
        SettingsError: There is such a file already, or the folder cannot be written to.
    """
    if not replace and target.exists():
        # told before anything is counted; one that appears meanwhile is met below
        raise _exists(target)
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)  # 0600
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            with part.open("rb") as file:
                os.fsync(file.fileno())
            if replace:
                part.replace(target)
            else:
                # unlike a rename, a link never takes the place of a file that is there already
                target.hardlink_to(part)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise _exists(target) from None
    except OSError as error:
        raise SettingsError(
            f"{target} 无法写入（{reason_of(error)}），请检查文件夹和权限", code="report"
        ) from error


def _exists(target: Path) -> SettingsError:
    return SettingsError(
        f"{target} 已经存在，没有覆盖；请换一个文件名，或加 --force 覆盖", code="file_exists"
    )
