"""Finds the compiled format of a platform and kind; each is compiled once per process."""

from functools import cache
from pathlib import Path

from xinqiao.errors import SettingsError
from xinqiao.mapping.engine import CompiledFormat, compile_format
from xinqiao.mapping.loading import known_formats, load_table_set, own_format
from xinqiao.mapping.tables import FormatTable


class Formats:
    """The format tables in use: a workspace's own above the shipped ones.

    Each is read when it is first asked for and stays as it was read: what a confirmation binds to
    is what is sent. One that is broken keeps no other from being used.

    Args:
        folders: Folders with a workspace's own tables, the strongest first; none for the shipped
            tables alone.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        """Keep the folders that hold any table; nothing is read yet."""
        self._folders = tuple(one for one in folders if any(one.rglob("*.toml")))
        self._read: dict[tuple[str, str], CompiledFormat | SettingsError] = {}

    def of(self, platform: str, kind: str) -> CompiledFormat:
        """Return the compiled format of ``kind`` for ``platform``, the same each time.

        Args:
            platform: Platform identifier, such as ``credit_shandong``.
            kind: Record kind, such as ``permit``.

        Raises:
            SettingsError: There is no such format (the message lists those there are), or one of
                its tables is broken, contradicts itself or does not fit the record kind (file and
                line).
        """
        place = (platform, kind)
        if place not in self._read:
            self._read[place] = self._load(platform, kind)
        found = self._read[place]
        if isinstance(found, SettingsError):
            raise found
        return found

    def _load(self, platform: str, kind: str) -> CompiledFormat | SettingsError:
        try:
            if self._folders:
                return _compiled(platform, kind, self._folders)
            return _shipped(platform, kind)
        except SettingsError as error:
            return error

    def known(self) -> tuple[tuple[str, str], ...]:
        """Return platform and kind of every table there is, sound or broken, sorted."""
        return known_formats(self._folders)

    def own(self, platform: str, kind: str) -> Path | None:
        """Return the workspace's own file of a format table; None where the shipped one is used."""
        return own_format(platform, kind, self._folders)

    def of_platform(self, platform: str) -> dict[str, FormatTable]:
        """Return kind → table, of every kind for which ``platform`` has one.

        Raises:
            SettingsError: One of them is broken.
        """
        kinds = [kind for name, kind in self.known() if name == platform]
        return {kind: self.of(platform, kind).table for kind in kinds}

    def all(self) -> list[FormatTable]:
        """Return the tables, sorted by platform and kind.

        Raises:
            SettingsError: One of them is broken.
        """
        return [self.of(platform, kind).table for platform, kind in self.known()]

    def digests(self, platform: str) -> dict[str, str]:
        """Return kind → SHA-256 (hex) over the files of its tables, of those that are sound."""
        kinds = [kind for name, kind in self.known() if name == platform]
        return {
            kind: self.of(platform, kind).digest for kind in kinds if self.is_sound(platform, kind)
        }

    def is_sound(self, platform: str, kind: str) -> bool:
        """Tell whether there is a table of ``kind`` for ``platform`` that can be used."""
        try:
            self.of(platform, kind)
        except SettingsError:
            return False
        return True


@cache
def _shipped(platform: str, kind: str) -> CompiledFormat:
    """Return a shipped format: its files never change while the program runs."""
    return _compiled(platform, kind, ())


def _compiled(platform: str, kind: str, folders: tuple[Path, ...]) -> CompiledFormat:
    tables = load_table_set(platform, kind, folders)
    if tables is None:
        known = "、".join(f"{p} / {k}" for p, k in known_formats(folders)) or "无"
        raise SettingsError(
            f"没有平台 {platform} 的 {kind} 报送格式表，现有：{known}。请更正名称或补上格式表",
            code="unknown_format",
        )
    return compile_format(tables)


def format_for(platform: str, kind: str) -> CompiledFormat:
    """Return a shipped format, as :meth:`Formats.of`."""
    return Formats().of(platform, kind)


def formats() -> list[FormatTable]:
    """Return the shipped format tables, as :meth:`Formats.all`."""
    return Formats().all()
