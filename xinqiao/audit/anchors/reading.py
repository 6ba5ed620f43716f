"""Anchors that lie outside: in a configured folder, or handed in by somebody (外部锚点)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xinqiao.audit.anchors.form import LONGEST
from xinqiao.errors import InputError, reason_of

_PATTERN = "xinqiao-anchor-*.json"


@dataclass(frozen=True, slots=True)
class Found:
    """One file.

    Attributes:
        place: Where it lies, for people.
        name: The file's name.
        text: What is in it; bytes that are no UTF-8 stand as marks, so that it is no anchor.
        named: Whether its name is one that this program gave, so that it must fit what is in it.
    """

    place: str
    name: str
    text: str
    named: bool


def anchors_in(folder: Path) -> list[Found]:
    """Return the anchors in a folder, whosever they are, in order of name.

    Args:
        folder: The folder.

    Raises:
        OSError: It cannot be read.
    """
    paths = sorted(one for one in folder.iterdir() if one.match(_PATTERN))
    return [_read(one, named=True) for one in paths]


def anchors_given(paths: Sequence[Path]) -> Iterator[Found]:
    """Give the anchors in files and folders that somebody hands in.

    Raises:
        InputError: One cannot be read, or holds no anchor at all.
    """
    for path in paths:
        try:
            if path.is_dir():
                found = anchors_in(path)
                if not found:
                    raise InputError(
                        f"文件夹 {path} 里没有锚点文件（{_PATTERN}）：请指定保存锚点的文件夹"
                    )
                yield from found
            else:
                yield _read(path, named=False)
        except OSError as error:
            raise InputError(f"锚点 {path} 无法读取：{reason_of(error)}") from error


def _read(path: Path, *, named: bool) -> Found:
    with path.open("rb") as file:
        text = file.read(LONGEST + 1).decode(errors="replace")
    return Found(str(path.parent), path.name, text, named)
