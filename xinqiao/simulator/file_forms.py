"""The files that stand-ins take and write, read by a table and code of their own (文件表单)."""

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Literal

import xlsxwriter
from pydantic import BaseModel, ConfigDict, TypeAdapter
from python_calamine import CalamineError, CalamineWorkbook

from xinqiao.errors import InputError

ROW = "ROW_NO"
"""Column of the position in the batch."""

OPERATION = "OPERATION"
"""Column of what is asked for the row."""


class FileForm(BaseModel):
    """What a file of one resource must look like.

    Attributes:
        name: What its name looks like, as a regular expression.
        format: Kind of file.
        sheet: Name of the worksheet.
        headings: The heading row.
        fields: Codes of the columns; empty where the headings are codes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    format: Literal["csv", "xlsx", "xls"]
    sheet: str = ""
    headings: tuple[str, ...]
    fields: tuple[str, ...] = ()


@cache
def file_forms(platform: str) -> Mapping[str, FileForm]:
    """Return resource → what its files look like."""
    text = resources.files(__package__).joinpath("file_forms.toml").read_text(encoding="utf-8")
    forms = TypeAdapter(dict[str, dict[str, FileForm]]).validate_python(tomllib.loads(text))
    return forms[platform]


def resource_of(forms: Mapping[str, FileForm], name: str) -> str:
    """Return which resource a file of this name holds; empty for none."""
    fitting = (kind for kind, form in forms.items() if re.fullmatch(form.name, name))
    return next(fitting, "")


def read_form(form: FileForm, content: bytes) -> list[dict[str, str]]:
    """Return the rows of a file: field code → text.

    Raises:
        InputError: It does not look as it must; the message names no value.
    """
    lines = _csv(content) if form.format == "csv" else _workbook(form, content)
    if not lines or tuple(lines[0]) != form.headings:
        raise InputError("表头与模板不符")
    if any(len(line) != len(form.headings) for line in lines):
        raise InputError("有的行列数与表头不符")
    codes = form.fields or form.headings
    return [dict(zip(codes, line, strict=True)) for line in lines[1:]]


def write_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """Return a CSV file in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


def write_workbook(sheet: str, lines: Sequence[Sequence[str]]) -> bytes:
    """Return an .xlsx file of one worksheet."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        for number, line in enumerate(lines):
            for place, text in enumerate(line):
                page.write_string(number, place, text)
    return content.getvalue()


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode()
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise InputError("文件不是 UTF-8 编码的 CSV") from None
    if not text.endswith("\r\n"):
        raise InputError("文件没有写完")
    return lines


def _workbook(form: FileForm, content: bytes) -> list[list[str]]:
    magic = {"xlsx": b"PK", "xls": b"\xd0\xcf\x11\xe0"}[form.format]
    if not content.startswith(magic):
        raise InputError("文件类型与扩展名不符")
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            cells = workbook.get_sheet_by_name(form.sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError):
        raise InputError(f"没有工作表 {form.sheet}") from None
    width = len(form.headings)
    lines = [[str(cell) for cell in line] for line in cells]
    return [line + [""] * (width - len(line)) for line in lines]
