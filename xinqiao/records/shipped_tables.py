"""Reading the tables that come with the record forms: scales and the like (随程序发布的表)."""

import re
import tomllib
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import TablePart

Table = TypeVar("Table", bound=TablePart)


def shipped_table(name: str, model: type[Table]) -> Table:
    """Return the table in the file ``name`` beside the record forms.

    Raises:
        SettingsError: See :func:`read_table`.
    """
    text = (resources.files("xinqiao.records") / name).read_text(encoding="utf-8")
    return read_table(text, name, model)


def read_table(text: str, name: str, model: type[Table]) -> Table:
    """Return the table that ``text`` describes.

    Args:
        text: TOML.
        name: Name of the file, to begin messages with.
        model: Form of the table.

    Raises:
        SettingsError: It is no TOML, a key is unknown or missing, or the table contradicts itself;
            the message names file and, where one row is at fault, its line.
    """
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name}：{error}", code="table") from error
    except ValidationError as error:
        told = "；".join(
            f"{_place(text, one['loc'])}{'.'.join(map(str, one['loc']))} {one['msg']}".strip()
            for one in error.errors(include_url=False)
        )
        raise SettingsError(f"{name}：{told}", code="table") from error


def _place(text: str, path: tuple[int | str, ...]) -> str:
    """Return the line on which the row of an array of tables begins, as the first words say."""
    if len(path) < 2 or not isinstance(path[1], int):  # noqa: PLR2004 - name and number of a row
        return ""
    header = re.compile(rf"\s*\[\[\s*{re.escape(str(path[0]))}\s*\]\]")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if header.match(line)]
    return f"第 {lines[path[1]]} 行起：" if path[1] < len(lines) else ""
