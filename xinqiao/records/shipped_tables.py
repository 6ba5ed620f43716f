"""Reading the tables that come with the record forms: scales and the like (随程序发布的表)."""

import tomllib
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from xinqiao.errors import SettingsError
from xinqiao.records.conditions import TablePart
from xinqiao.records.table_lines import Location, line_of

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
            the message names file and line.
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


def _place(text: str, path: Location) -> str:
    line = line_of(text, path)
    return f"第 {line} 行：" if line is not None else ""
