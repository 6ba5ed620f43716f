"""Writing a report where a person wants it: nothing is overwritten unasked (写出报表)."""

import os
import tempfile
from pathlib import Path

from xinqiao.errors import SettingsError


def write_report(target: Path, content: bytes, *, replace: bool = False) -> None:
    """Write ``content`` to ``target``, whole or not at all, readable by its owner only.

    Raises:
        SettingsError: There is such a file already, or the folder cannot be written to.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)  # 0600
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                part.replace(target)
            else:
                # unlike a rename, a link never takes the place of a file that is there already
                target.hardlink_to(part)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise SettingsError(
            f"{target} 已经存在，没有覆盖；请换一个文件名，或加 --force 覆盖", code="file_exists"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{target} 无法写入（{error.strerror}），请检查文件夹和权限", code="report"
        ) from error
