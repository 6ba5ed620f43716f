"""Finds the compiled format of a platform and kind; each is compiled once per process."""

from functools import cache
from pathlib import Path

from xinqiao.errors import SettingsError
from xinqiao.mapping.engine import CompiledFormat, compile_format
from xinqiao.mapping.loading import known_formats, load_table_set
from xinqiao.mapping.tables import FormatTable


def format_for(platform: str, kind: str, folders: tuple[Path, ...] = ()) -> CompiledFormat:
    """Return the compiled format of ``kind`` for ``platform``, the same each time.

    Args:
        platform: Platform identifier, such as ``credit_shandong``.
        kind: Record kind, such as ``permit``.
        folders: Folders with a workspace's own tables, the strongest first; above the shipped.

    Raises:
        SettingsError: There is no such format (the message lists those there are), or one of its
            tables is broken, contradicts itself or does not fit the record kind (file and line).
    """
    # the cache takes a default left out and one written for two different calls
    return _compiled(platform, kind, folders)


@cache
def _compiled(platform: str, kind: str, folders: tuple[Path, ...]) -> CompiledFormat:
    tables = load_table_set(platform, kind, folders)
    if tables is None:
        known = "、".join(f"{p} / {k}" for p, k in known_formats(folders)) or "无"
        raise SettingsError(
            f"没有平台 {platform} 的 {kind} 报送格式表，现有：{known}。请更正名称或补上格式表",
            code="unknown_format",
        )
    return compile_format(tables)


def formats(folders: tuple[Path, ...] = ()) -> list[FormatTable]:
    """Return the format tables in use, sorted by platform and kind.

    Raises:
        SettingsError: One of the tables is broken.
    """
    known = known_formats(folders)
    return [format_for(platform, kind, folders).table for platform, kind in known]


def digest(platform: str, kind: str, folders: tuple[Path, ...] = ()) -> str:
    """Return the SHA-256 (hex) over the files of the tables that :func:`format_for` uses.

    Raises:
        SettingsError: As :func:`format_for`.
    """
    return format_for(platform, kind, folders).digest
