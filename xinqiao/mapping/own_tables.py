"""A workspace's own tables: copied from the shipped ones to be edited, looked through (自有表)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from xinqiao.errors import RefusedError, SettingsError, reason_of
from xinqiao.mapping.loading import parse_codes
from xinqiao.mapping.registry import Formats
from xinqiao.records.kinds import reported_kinds


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying a format came to.

    Attributes:
        written: Files that were written, the format table first.
        kept: Code tables that were there already and stay as they are.
        shared: Name of a code table → the other formats that use it, as ``platform / kind``.
    """

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    shared: Mapping[str, tuple[str, ...]]


def copy_tables(folder: Path, platform: str, kind: str) -> Copied:
    """Put a shipped format table, and the code tables that it names, into a workspace.

    Args:
        folder: The workspace's folder of tables.
        platform: Platform identifier.
        kind: Record kind.

    Raises:
        RefusedError: The workspace has a format table of this kind already.
        SettingsError: There is no such shipped format, or the folder cannot be written.
    """
    shipped = Formats().of(platform, kind)
    own = Formats((folder,)).own(platform, kind)
    if own is not None:
        raise RefusedError(
            f"本工作区已有这张格式表：{own}，没有覆盖；要重新复制，请先把它移走",
            code="table_exists",
        )
    name = f"formats/{platform}/{kind}-{shipped.table.edition}.toml"
    codes = {f"codes/{one}.toml": one for one in sorted(shipped.codes)}
    kept = tuple(folder / one for one in codes if (folder / one).exists())
    # the format last: without it the copy is not begun, as far as anybody can tell
    missing = [one for one in codes if folder / one not in kept]
    try:
        for one in (*missing, name):
            _copy(one, folder / one)
    except OSError as error:
        raise SettingsError(f"无法写入 {folder}（{reason_of(error)}），请检查权限") from error
    written = tuple(folder / one for one in (name, *missing))
    users = {one: tuple(_users(one, platform, kind)) for one in codes.values()}
    return Copied(written, kept, {one: places for one, places in users.items() if places})


def _copy(name: str, path: Path) -> None:
    content = files("xinqiao.mapping").joinpath(*name.split("/")).read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)


def _users(codes: str, platform: str, kind: str) -> Iterator[str]:
    shipped = Formats()
    for place in shipped.known():
        if place != (platform, kind) and codes in shipped.of(*place).codes:
            yield " / ".join(place)


def stray_tables(folder: Path, formats: Formats) -> Iterator[tuple[Path, str]]:
    """Yield the files of a workspace that no format comes from or uses, and why, in Chinese.

    Args:
        folder: The workspace's folder of tables.
        formats: The format tables in use.
    """
    used = {formats.own(*place) for place in formats.known()}
    sound = [formats.of(*place) for place in formats.known() if formats.is_sound(*place)]
    codes = {name for one in sound for name in one.codes}
    kinds = {one.identifier for one in reported_kinds()}
    for path in sorted(folder.rglob("*.toml")):
        match path.relative_to(folder).parts:
            case ("formats", _, name) if path in used:
                kind = name.partition("-")[0]
                if kind not in kinds:
                    yield path, f"没有要报送的记录类型 {kind}，请更正文件名"
            case ("formats", _, name) if "-" in name:
                yield path, "没有用到：同一种记录另有更新的版本"
            case ("codes", name):
                yield from _stray_codes(path, name.removesuffix(".toml"), codes)
            case ("instructions", _):
                # what to do about refusals: checked with the platform that it belongs to
                continue
            case _:
                places = "formats/平台/类型-版本.toml、codes/名称.toml、instructions/平台.toml"
                yield path, f"位置不对，应为 {places}"


def _stray_codes(path: Path, name: str, used: set[str]) -> Iterator[tuple[Path, str]]:
    if name not in used:
        yield path, "没有用到：没有（无误的）格式表写 codes = " + f'"{name}"'
        return
    try:
        parse_codes(path.read_bytes(), str(path))
    except OSError as error:
        yield path, f"无法读取（{reason_of(error)}），请检查权限"
    except SettingsError as error:
        yield path, error.message
