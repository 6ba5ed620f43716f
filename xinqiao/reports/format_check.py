"""Looking through all format tables in use, each for itself (检查格式表)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xinqiao.errors import SettingsError
from xinqiao.mapping.own_tables import stray_tables
from xinqiao.mapping.registry import Formats
from xinqiao.mapping.tables import FormatTable
from xinqiao.routing.routes import routes_of


@dataclass(frozen=True, slots=True)
class TableExamined:
    """One format table.

    Attributes:
        platform: Identifier of the platform.
        kind: Record kind.
        edition: Its edition; empty when it is broken.
        fields: How many fields it has.
        own: The workspace's own file; None for a shipped table.
        problem: What is wrong, in Chinese with file and line; empty when it is sound.
    """

    platform: str
    kind: str
    edition: str
    fields: int
    own: Path | None
    problem: str


def examine_tables(formats: Formats) -> Iterator[TableExamined]:
    """Yield every format table in use, sound or broken, sorted by platform and kind."""
    for platform, kind in formats.known():
        own = formats.own(platform, kind)
        try:
            table = formats.of(platform, kind).table
        except SettingsError as error:
            yield TableExamined(platform, kind, "", 0, own, error.message)
        else:
            problem = shown_in_error(table)
            yield TableExamined(platform, kind, table.edition, len(table.fields), own, problem)


def problems_of(formats: Formats, folder: Path) -> list[str]:
    """Return in Chinese everything that is wrong with the tables in use.

    Args:
        formats: The format tables in use.
        folder: The workspace's folder of tables.
    """
    return [
        *(one.problem for one in examine_tables(formats) if one.problem),
        *(f"{path}：{why}" for path, why in stray_tables(folder, formats)),
    ]


def shown_in_error(table: FormatTable) -> str:
    """Return in Chinese that a table would let natural persons be shown; empty when it is right.

    山东省社会信用条例 §20: what a platform shows to everybody must say so in its table.
    """
    platform, kind = table.platform, table.kind
    shown = any(one.publishes and one.platform == platform for one in routes_of(kind))
    if table.public or not shown:
        return ""
    return (
        f"平台 {platform} 的 {kind} 报送格式表（{table.edition} 版）应写 public = true："
        "这个平台向社会公开，自然人的信息不能报送"
    )
