"""What the platforms are called (平台名称), whether a workspace is connected to them or not."""

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from xinqiao.routing.rules import Text, by_identifier
from xinqiao.routing.tables import TableFile, shipped_table

_FILE = "platforms.toml"


class NamedPlatform(BaseModel):
    """One platform.

    Attributes:
        id: Identifier, such as ``credit_shandong``.
        name: Chinese name.
        short: What lists call it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    name: Text
    short: Text


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: tuple[NamedPlatform, ...] = Field(min_length=1)


def read_platforms(text: str) -> Mapping[str, NamedPlatform]:
    """Return the platforms of a TOML ``text`` by identifier, in the order of the table.

    Raises:
        SettingsError: The table is faulty; file and line are named.
    """
    table = TableFile(_FILE, text)
    return by_identifier(table.read(_Table).platform, "platform", "平台标识", table)


@cache
def platforms() -> Mapping[str, NamedPlatform]:
    """Return the platforms that the tables of xinqiao know."""
    return read_platforms(shipped_table(_FILE).text)


def platform_name(identifier: str) -> str:
    """Return the Chinese name of a platform; its identifier where the table has none."""
    found = platforms().get(identifier)
    return identifier if found is None else found.name


def short_platform_name(identifier: str) -> str:
    """Return what lists call a platform; its identifier where the table has none."""
    found = platforms().get(identifier)
    return identifier if found is None else found.short
