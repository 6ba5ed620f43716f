"""Reading a table of behaviour codes, copied by the bureau from the official annex (行为代码表)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.errors import InputError, SettingsError, reason_of
from xinqiao.intake.cells import cell_text
from xinqiao.intake.files.opening import open_sheets
from xinqiao.intake.files.sheets import Cell
from xinqiao.intake.header_rows import Header, find_header
from xinqiao.intake.headers import header_table, normalise_header
from xinqiao.intake.reading import read_cell
from xinqiao.intake.report import RowFinding
from xinqiao.records.behaviours import (
    DIRECT_GRADE,
    INFORMATION_CLASSES,
    SIGNS,
    Behaviour,
    BehaviourEdition,
    contradicts,
)
from xinqiao.records.fields import whole_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import quote

_TABLE = "behaviour"
_ASKED = ("code", "information_class", "description", "points")
_WIDTHS = (16, 12, 60, 10, 12)


class BrokenBehavioursError(InputError):
    """A table with wrong rows; nothing of it is used.

    Attributes:
        findings: What is wrong, row by row.
    """

    code = "behaviours"

    def __init__(self, message: str, findings: Sequence[RowFinding]) -> None:
        """Keep the Chinese ``message`` and the ``findings``."""
        super().__init__(message)
        self.findings = tuple(findings)


def read_behaviours(path: Path, edition: str) -> BehaviourEdition:
    """Return the table of behaviour codes in a workbook or text file.

    Args:
        path: The file; exactly one sheet of it holds the table.
        edition: Name of the edition.

    Raises:
        BrokenBehavioursError: Rows are wrong: a code twice, no points, an unknown class. The
            findings name all of them by row and column.
        InputError: The file cannot be read as such a table.
    """
    header = _header(path)
    columns = _columns(header, path.name)
    behaviours: dict[str, Behaviour] = {}
    rows: dict[str, int] = {}
    wrong: list[RowFinding] = []
    for number, cells in islice(header.sheet.rows(), header.row, None):
        content, findings = _content(cells, columns)
        if not content:
            continue
        findings += _faults(content)
        code = content.get("code", "")
        if code in rows:
            message = f"行为代码{quote(code)}与第 {rows[code]} 行重复，请核对"
            findings.append(Finding("code", "doubled_code", Severity.ERROR, message))
        rows.setdefault(code, number)
        errors = [one for one in findings if one.severity is Severity.ERROR]
        wrong += [RowFinding.of(number, header.texts[columns[one.field]], one) for one in errors]
        if not errors:
            behaviours[code] = _behaviour(content)
    if wrong:
        places = "；".join(f"第 {one.row} 行“{one.column}”：{one.message}" for one in wrong[:5])
        more = f"；另有 {len(wrong) - 5} 处" if len(wrong) > 5 else ""  # noqa: PLR2004 - see above
        raise BrokenBehavioursError(f"{path.name}：{places}{more}。没有导入", wrong)
    if not behaviours:
        raise InputError(f"{path.name}：表头下面没有行为代码，没有导入", code="behaviours")
    return BehaviourEdition(edition, behaviours)


def write_template(target: Path) -> None:
    """Write an empty workbook to fill in.

    Raises:
        SettingsError: There is such a file already, or it cannot be written.
    """
    try:
        with target.open("xb") as file, Workbook(file, {"in_memory": True}) as workbook:
            sheet = workbook.add_worksheet("行为代码表")
            bold = workbook.add_format({"bold": True, "bg_color": "#FFD966"})
            text = workbook.add_format({"num_format": "@"})
            fields = header_table(_TABLE).fields.values()
            for column, (field, width) in enumerate(zip(fields, _WIDTHS, strict=True)):
                sheet.set_column(column, column, width, text if field.path == "code" else None)
                sheet.write_string(0, column, field.label, bold)
                words = _WORDS.get(field.path)
                if words:
                    choice = {"validate": "list", "source": list(words)}
                    sheet.data_validation(1, column, 5000, column, choice)
    except FileExistsError:
        raise SettingsError(
            f"{target} 已经存在，没有覆盖；请换一个文件名", code="file_exists"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{target} 无法写入（{reason_of(error)}），请检查文件夹", code="template"
        ) from error


_WORDS = {"information_class": INFORMATION_CLASSES, "direct_grade": (DIRECT_GRADE,)}


def _header(path: Path) -> Header:
    table = header_table(_TABLE)
    found = [
        header
        for sheet in open_sheets(path)
        if (header := find_header(sheet, (table,))) is not None
        and set(table.signature) <= table.paths(header.texts)
    ]
    if len(found) == 1:
        return found[0]
    labels = "、".join(f"“{table.fields[path].label}”" for path in _ASKED)
    if found:
        names = "、".join(f"“{one.sheet.name}”" for one in found)
        message = f"{path.name}：工作表{names}都是行为代码表，请只留一张再导入"
    else:
        message = (
            f"{path.name}：没有找到行为代码表的表头（应有{labels}），"
            "可用 xinqiao behaviours template 生成空表照填"
        )
    raise InputError(message, code="behaviours")


def _columns(header: Header, file: str) -> Mapping[str, int]:
    """Return field → its column, from 0."""
    table = header_table(_TABLE)
    columns: dict[str, int] = {}
    for index, text in enumerate(header.texts):
        path = table.spellings.get(normalise_header(text))
        if path in columns:
            message = f"{file}：有两列都是“{table.fields[path].label}”，请删去一列再导入"
            raise InputError(message, code="behaviours")
        if path is not None:
            columns[path] = index
    missing = [table.fields[path].label for path in _ASKED if path not in columns]
    if missing:
        raise InputError(f"{file}：缺少列“{'”、“'.join(missing)}”，请补上再导入", code="behaviours")
    return columns


def _content(
    cells: Sequence[Cell], columns: Mapping[str, int]
) -> tuple[dict[str, str], list[Finding]]:
    fields = header_table(_TABLE).fields
    findings: list[Finding] = []
    content = {
        path: read_cell(cells[index], cell_text(cells[index]), fields[path], findings)
        for path, index in columns.items()
    }
    return {path: text for path, text in content.items() if text}, findings


def _faults(content: Mapping[str, str]) -> Iterator[Finding]:
    for field, label in (("code", "行为代码"), ("description", "行为描述")):
        if field not in content:
            yield Finding(field, "required", Severity.ERROR, f"{label}不能为空，请填写")
    kind, grade = content.get("information_class", ""), content.get("direct_grade", "")
    if kind not in INFORMATION_CLASSES:
        message = f"信息类别只能填：{'、'.join(INFORMATION_CLASSES)}"
        yield Finding("information_class", "choice", Severity.ERROR, message)
    if grade not in ("", DIRECT_GRADE):
        message = f"直接定级只能填 {DIRECT_GRADE} 或留空"
        yield Finding("direct_grade", "choice", Severity.ERROR, message)
    points = whole_number(content.get("points"))
    if "points" not in content:
        if not grade:
            message = "没有分值：不直接定级的行为须填分值，请对照原文补填"
            yield Finding("points", "required", Severity.ERROR, message)
    elif points is None:
        yield Finding("points", "whole_number", Severity.ERROR, "分值应为整数，请核对")
    elif contradicts(kind, points):
        message = f"信息类别为{kind}，分值{SIGNS[kind]}，请核对两处"
        yield Finding("points", "wrong_sign", Severity.ERROR, message)


def _behaviour(content: Mapping[str, str]) -> Behaviour:
    return Behaviour(
        code=content["code"],
        information_class=content["information_class"],
        description=content["description"],
        points=whole_number(content.get("points")),
        direct_grade=content.get("direct_grade", ""),
    )
