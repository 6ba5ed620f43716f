"""Reads format tables and code tables from folders; the first folder that has a file wins.

The shipped tables are the last folder. A workspace may lay its own folder, with the same
``formats/`` and ``codes/`` inside, above them.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from xinqiao.errors import SettingsError, reason_of
from xinqiao.mapping.checks import check_tables
from xinqiao.mapping.problems import explain, told
from xinqiao.mapping.tables import CodeTable, FormatTable
from xinqiao.records.conditions import TablePart
from xinqiao.records.kinds import KINDS


@dataclass(frozen=True, slots=True)
class TableSet:
    """A format table together with the code tables that it names.

    Attributes:
        format: The format table.
        codes: Name of the code table → the table.
        digest: SHA-256 in hex over the names and bytes of all these files; any edit changes it.
    """

    format: FormatTable
    codes: Mapping[str, CodeTable]
    digest: str


def load_table_set(platform: str, kind: str, folders: Sequence[Path] = ()) -> TableSet | None:
    """Return the tables of ``kind`` for ``platform``, or None where there are none.

    A workspace's own table wins over a shipped one; in one folder the latest edition wins.

    Args:
        platform: Platform identifier, such as ``credit_shandong``.
        kind: Record kind, such as ``permit``.
        folders: Folders above the shipped tables, the strongest first.

    Raises:
        SettingsError: A table cannot be read, contradicts itself, a code table or the record kind;
            the message names file, line, key and what was expected.
    """
    roots = _roots(folders)
    name = next((n for r in roots if (n := _latest(r, platform, kind)) is not None), None)
    if name is None:
        return None
    shown = _shown(folders, name)
    read = {name: _bytes_of(roots, name)}
    table = parse_format(read[name], shown)
    if name != f"formats/{table.platform}/{table.kind}-{table.edition}.toml":
        raise SettingsError(
            f"报送格式表 {shown} 的表头与文件名不符：platform、kind、edition 应与路径一致，请更正"
        )
    codes: dict[str, CodeTable] = {}
    for field in table.fields:
        if field.codes is not None and field.codes not in codes:
            code_name = f"codes/{field.codes}.toml"
            read[code_name] = _bytes_of(roots, code_name, wanted_by=f"{shown} 的 {field.code}")
            codes[field.codes] = _shared_codes(read[code_name], _shown(folders, code_name))
    if problems := check_tables(table, codes, KINDS.get(table.kind)):
        raise SettingsError(
            f"报送格式表 {shown} 有误。{told(problems, read[name].decode('utf-8'))}"
        )
    return TableSet(table, codes, _digest(read))


def known_formats(folders: Sequence[Path] = ()) -> tuple[tuple[str, str], ...]:
    """Return platform and kind of every format table there is, sorted, each pair once."""
    found: set[tuple[str, str]] = set()
    for root in _roots(folders):
        for platform in _entries(root.joinpath("formats")):
            found.update((platform.name, kind) for kind, _ in _editions(platform))
    return tuple(sorted(found))


def own_format(platform: str, kind: str, folders: Sequence[Path]) -> Path | None:
    """Return the file of a format table that lies above the shipped ones; None where none does."""
    for folder in folders:
        if (name := _latest(folder, platform, kind)) is not None:
            return folder / name
    return None


def parse_format(content: bytes, name: str) -> FormatTable:
    """Return the format table in ``content``; ``name`` is the file's name for messages.

    Raises:
        SettingsError: The table is broken; the message names file, key and what was expected.
    """
    return _parse(FormatTable, content, f"报送格式表 {name}")


def parse_codes(content: bytes, name: str) -> CodeTable:
    """Return the code table in ``content``; ``name`` is the file's name for messages.

    Raises:
        SettingsError: The table is broken; the message names file, key and what was expected.
    """
    return _parse(CodeTable, content, f"代码表 {name}")


@cache
def _shared_codes(content: bytes, name: str) -> CodeTable:
    """Return a code table, read once for all the formats that name it."""
    return parse_codes(content, name)


Table = TypeVar("Table", bound=TablePart)


def _parse(model: type[Table], content: bytes, what: str) -> Table:
    try:
        text = content.decode("utf-8")
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{what} 不是 UTF-8 编码，请另存为 UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{what} 不合 TOML 写法，请检查该处的引号和括号：{error}") from error
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(f"{what} 有误。{explain(error, raw, text)}") from error


def _shown(folders: Sequence[Path], name: str) -> str:
    """Return what a table is called in messages: a workspace's own by its whole path."""
    own = (folder / name for folder in folders)
    return next((str(path) for path in own if path.is_file()), name)


def _roots(folders: Sequence[Path]) -> tuple[Traversable, ...]:
    return (*folders, files("xinqiao.mapping"))


def _latest(root: Traversable, platform: str, kind: str) -> str | None:
    folder = root.joinpath("formats").joinpath(platform)
    editions = [edition for found, edition in _editions(folder) if found == kind]
    return f"formats/{platform}/{kind}-{max(editions)}.toml" if editions else None


def _editions(folder: Traversable) -> Iterator[tuple[str, str]]:
    """Yield kind and edition of every format table in a platform's ``folder``."""
    for entry in _entries(folder):
        kind, dash, edition = entry.name.removesuffix(".toml").partition("-")
        if dash and entry.name.endswith(".toml"):
            yield kind, edition


def _entries(folder: Traversable) -> tuple[Traversable, ...]:
    return tuple(folder.iterdir()) if folder.is_dir() else ()


def _bytes_of(roots: Sequence[Traversable], name: str, wanted_by: str = "") -> bytes:
    for root in roots:
        entry = root
        for part in name.split("/"):
            entry = entry.joinpath(part)
        try:
            if entry.is_file():
                return entry.read_bytes()
        except OSError as error:
            raise SettingsError(f"{entry} 无法读取（{reason_of(error)}），请检查权限") from error
    raise SettingsError(f"{wanted_by} 所用的代码表 {name} 不存在，请补上该文件或更正 codes")


def _digest(read: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(read.items()):
        # lengths keep the border between two files from moving unnoticed
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
