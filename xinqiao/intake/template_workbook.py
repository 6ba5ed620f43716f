"""An empty workbook to fill in, one for each kind of record (导入模板).

It is made from the same tables as the reading of files, so what is filled in is read as it stands.
"""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from xinqiao.errors import SettingsError, reason_of
from xinqiao.intake.headers import FieldHeader, FieldType, header_table
from xinqiao.intake.reading import GUIDE_SHEET
from xinqiao.records.kind import Kind
from xinqiao.records.kinds import kind_of
from xinqiao.records.pictures import LARGEST_PICTURE, MOST_PICTURES
from xinqiao.records.point_scales import point_scales
from xinqiao.records.quality_scales import quality_scales

_ROWS = 5000
_WIDTH = 22
_LONGEST_LIST = 255  # characters that a drop-down holds
_LONGEST_TITLE = 32

_HOW = {
    FieldType.TEXT: "文字，按原件填写。",
    FieldType.REFERENCE: "编号，连同括号照原文填写。",
    FieldType.CODE: "数字和大写字母；本列已设为文本格式，长号码不会丢失末几位。",
    FieldType.DATE: "日期，如 2026/11/03。",
    FieldType.CHOICE: "从下拉列表中选一项。",
    FieldType.WORDS: "可填一项或几项，几项之间用顿号或分号隔开。",
    FieldType.AMOUNT: "只写数字，单位万元，最多 6 位小数：2000 元写 0.2。",
    FieldType.NUMBER: "只写数字，不带单位。",
    FieldType.PICTURES: (
        f"图片的文件名，几张之间用分号隔开；图片与本文件放在同一文件夹，JPG 或 PNG，"
        f"每张不超过 {LARGEST_PICTURE // 1024 // 1024} MB，最多 {MOST_PICTURES} 张。"
    ),
}
_FORMATS = {
    FieldType.DATE: {"num_format": "yyyy/mm/dd"},
    FieldType.AMOUNT: {"num_format": "0.######"},
}
_TEXT = {"num_format": "@"}


def write_template(kind: str, target: Path, *, replace: bool = False) -> None:
    """Write the empty workbook of ``kind`` to ``target``.

    Raises:
        InputError: No such kind.
        SettingsError: There is such a file already, or it cannot be written.
    """
    content = _content(kind_of(kind))
    try:
        with target.open("wb" if replace else "xb") as file:
            file.write(content)
    except FileExistsError:
        raise SettingsError(
            f"{target} 已经存在，没有覆盖；请换一个文件名，或加 --force 覆盖", code="file_exists"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{target} 无法写入（{reason_of(error)}），请检查文件夹和权限", code="template"
        ) from error


def _content(kind: Kind) -> bytes:
    buffer = BytesIO()
    fields = tuple(header_table(kind.identifier).fields.values())
    with Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet(kind.name)
        header = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, **_TEXT}
        required = workbook.add_format({**header, "bg_color": "#FFD966"})
        optional = workbook.add_format({**header, "bg_color": "#D9D9D9"})
        formats = {one: workbook.add_format(_FORMATS.get(one, _TEXT)) for one in FieldType}
        sheet.set_row(0, 48)
        sheet.freeze_panes(1, 1)
        for column, field in enumerate(fields):
            must = field.path in kind.required
            label = f"*{field.label}" if must else field.label
            sheet.set_column(column, column, _WIDTH, formats[field.type])
            sheet.write_string(0, column, label, required if must else optional)
            sheet.write_comment(0, column, "".join(_notes(kind, field)), {"x_scale": 2})
            _offer(sheet, column, kind, field)
        _guide(workbook, kind, fields)
    return buffer.getvalue()


def _notes(kind: Kind, field: FieldHeader) -> Iterator[str]:
    yield "必填。" if field.path in kind.required else f"{field.when or '有则填，没有留空'}。"
    yield field.hint or _HOW[field.type]
    if field.scale:
        yield _SCALES[field.scale](kind)
    if field.long_term:
        yield "没有期限的写 长期。"
    if words := kind.words.get(field.path):
        yield f"可填：{'；'.join(words)}。"
        if field.path in kind.open_words:
            yield "“其他”后面写明具体名称，如 其他-备案。"


def _quality(_kind: Kind) -> str:
    scales = (
        f"{'、'.join(one.objects)}：{'、'.join(one.grades)}" for one in quality_scales().scales
    )
    return f"{'；'.join(scales)}。"


def _points(kind: Kind) -> str:
    bands = (f"{one.words}为 {one.grade}" for one in point_scales().of(kind.identifier))
    return f"{'，'.join(bands)}。"


_SCALES: Mapping[str, Callable[[Kind], str]] = {"quality": _quality, "points": _points}
"""Name of a scale in the header tables → its grades in Chinese."""


def _offer(sheet: Worksheet, column: int, kind: Kind, field: FieldHeader) -> None:
    """Give a column its drop-down; what is not in the list may still be typed (其他-…)."""
    words = kind.words.get(field.path, ())
    if field.type is not FieldType.CHOICE or len(",".join(words)) > _LONGEST_LIST:
        return
    sheet.data_validation(
        1,
        column,
        _ROWS,
        column,
        {
            "validate": "list",
            "source": list(words),
            "error_type": "warning",
            "error_title": "不在列表中",
            "error_message": f"请从下拉列表中选：{'、'.join(words)}",
            "input_title": field.label[:_LONGEST_TITLE],
            "input_message": "请从下拉列表中选",
        },
    )


def _guide(workbook: Workbook, kind: Kind, fields: tuple[FieldHeader, ...]) -> None:
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    bold = workbook.add_format({"bold": True})
    sheet.set_column(0, 0, 44, wrapped)
    sheet.set_column(1, 1, 90, wrapped)
    lines = (
        f"{kind.name}导入模板：在第一张表里每行填一条，黄色表头（带 * 号）为必填。",
        "表头不要改动；不用的列可以删去，可以插入空行，不要合并单元格。",
        "填好保存后，用 xinqiao import 导入；有错的行会另成疑点表，不影响其他行。",
        *(("本文件填写后含有个人信息，请妥善保管。",) if kind.identity_fields else ()),
    )
    for number, line in enumerate(lines):
        sheet.merge_range(number, 0, number, 1, line, wrapped)
    first = len(lines) + 1
    sheet.write_row(first, 0, ("列", "怎样填"), bold)
    for number, field in enumerate(fields, start=first + 1):
        sheet.write_string(number, 0, field.label)
        sheet.write_string(number, 1, "".join(_notes(kind, field)))
