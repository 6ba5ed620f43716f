"""From a sealed batch to the cells of its template: texts, or why a row does not fit (套模板)."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from xinqiao.adapters.base import Outcome, RowResult, SealedBatch, SealedRow
from xinqiao.adapters.file_drop.layout import (
    CODECS,
    DATE_PARTS,
    Column,
    FileTransport,
    ManualTransport,
    Role,
    Template,
)
from xinqiao.adapters.file_drop.names import NameParts, file_name, sealed_at
from xinqiao.adapters.file_drop.writing import to_bytes
from xinqiao.adapters.profile import Profile
from xinqiao.adapters.words import operation_word
from xinqiao.errors import SettingsError

CELL_CHARACTERS = 32_767
"""Most UTF-16 units that a cell of a workbook holds (Excel's specifications and limits)."""

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
# a carriage return is read as a line feed out of XML, and workbooks are XML or count as such
_CONTROL_OR_RETURN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class UploadFile:
    """What leaves for one batch (上报文件).

    Attributes:
        name: Name of the file.
        content: Its bytes.
    """

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A batch that the template cannot hold (不合模板).

    Attributes:
        rows: The rows at fault, each REJECTED with the reason; empty where it is the size.
    """

    rows: tuple[RowResult, ...]


def render_file(
    profile: Profile, templates: Mapping[str, Template], batch: SealedBatch
) -> UploadFile | Unfit:
    """Return the file for ``batch``, the same bytes and name for the same batch, or what is unfit.

    Raises:
        SettingsError: The profile does not fit the batch.
    """
    template = templates.get(batch.kind)
    if template is None:
        raise SettingsError(
            f"{profile.name} 的平台配置没有 {batch.kind} 这类记录的模板"
            f"（transport.templates.{batch.kind}），请补上",
            code="profile",
        )
    parts = name_parts(profile, batch)
    name = file_name(template.name, parts)
    _refuse_lost_fields(profile, template, batch)
    limits = profile.limits
    if len(batch.rows) > min(template.max_rows, limits.rows_per_batch):
        return Unfit(())
    rows = [_cells(template, parts, row) for row in batch.rows]
    unfit = tuple(
        result
        for row, cells in zip(batch.rows, rows, strict=True)
        if (result := _problem(template, row, cells)) is not None
    )
    if unfit:
        return Unfit(unfit)
    content = to_bytes(template, rows)
    if len(content) > min(template.max_bytes, limits.bytes_per_batch):
        return Unfit(())
    return UploadFile(name, content)


def name_parts(profile: Profile, batch: SealedBatch) -> NameParts:
    """Return what names and columns can tell of ``batch``.

    Raises:
        SettingsError: The profile has no word for its kind or operation.
    """
    kind = profile.words.kinds.get(batch.kind)
    if kind is None:
        raise SettingsError(
            f"{profile.name} 的平台配置没有 {batch.kind} 这类记录的对照词（words.kinds），请补上",
            code="profile",
        )
    return NameParts(batch, kind, operation_word(batch.operation, profile.words.operations))


def sent_name(profile: Profile, templates: Mapping[str, Template], batch: SealedBatch) -> str:
    """Return the name under which ``batch`` left.

    Raises:
        SettingsError: As :func:`render_file`.
    """
    template = templates.get(batch.kind)
    return file_name(template.name, name_parts(profile, batch)) if template else ""


def lost_fields(profile: Profile, kind: str, codes: Collection[str]) -> tuple[list[str], list[str]]:
    """Return where the template of a record kind and the format's fields differ (缺列、多列).

    Args:
        profile: Whose template; of another transport, or without one for ``kind``, nothing differs.
        kind: Record kind.
        codes: Codes of the format's fields.

    Returns:
        Codes that no column holds and that are not left out on purpose (``omit``), in the order of
        ``codes``; and codes of columns that the format has not, in order.
    """
    transport = profile.transport
    if not isinstance(transport, FileTransport | ManualTransport):
        return [], []
    template = transport.templates.get(kind)
    return ([], []) if template is None else _differing(template, codes)


def _differing(template: Template, codes: Collection[str]) -> tuple[list[str], list[str]]:
    written = {column.field for column in template.columns if column.field is not None}
    known = written | set(template.omit)
    return [code for code in codes if code not in known], sorted(written - set(codes))


def _refuse_lost_fields(profile: Profile, template: Template, batch: SealedBatch) -> None:
    """Refuse a template that would leave out a field unsaid, or that names one there is not."""
    for row in batch.rows:
        lost, absent = _differing(template, row.values)
        if lost or absent:
            lost_words = f"没有 {'、'.join(lost)} 的列，也没有列在 omit 中" if lost else ""
            absent_words = f"有报送格式中没有的字段 {'、'.join(absent)}" if absent else ""
            raise SettingsError(
                f"{profile.name} 的模板 transport.templates.{batch.kind} "
                f"{'；'.join(words for words in (lost_words, absent_words) if words)}，"
                "请按报送格式更正",
                code="profile",
            )


def _cells(template: Template, parts: NameParts, row: SealedRow) -> list[str]:
    return [_cell(column, parts, row) for column in template.columns]


def _cell(column: Column, parts: NameParts, row: SealedRow) -> str:
    if column.constant is not None:
        return column.constant
    if column.field is not None:
        return _redated(row.values[column.field], column.date_pattern)
    if column.role is Role.WRITTEN_AT:
        return _written(column.date_pattern, sealed_at(parts.batch))
    told = {
        Role.ROW_NUMBER: str(row.number),
        Role.KEY: row.key,
        Role.BATCH: parts.batch.number,
        Role.KIND: parts.kind,
        Role.OPERATION: parts.operation,
    }
    return told[column.role] if column.role else ""


def _redated(text: str, pattern: str) -> str:
    """Return a date in another way of writing; what is no date stays, and is refused later."""
    date = _DATE.fullmatch(text) if pattern else None
    if date is None:
        return text
    year, month, day = date.groups()
    parts = {"YYYY": year, "MM": f"{month:0>2}", "DD": f"{day:0>2}", "hh": "00", "mm": "00"}
    for part, digits in (parts | {"ss": "00"}).items():
        pattern = pattern.replace(part, digits)
    return pattern


def _written(pattern: str, instant: datetime) -> str:
    for part, directive in DATE_PARTS.items():
        pattern = pattern.replace(part, instant.strftime(directive))
    return pattern


def _problem(template: Template, row: SealedRow, cells: list[str]) -> RowResult | None:
    for column, text in zip(template.columns, cells, strict=True):
        for code, words in _complaints(template, column, row, text):
            message = f"第 {row.number} 行「{column.name}」{words}，请更正后再报"
            return RowResult(row.number, Outcome.REJECTED, code, message)
    return None


def _complaints(
    template: Template, column: Column, row: SealedRow, text: str
) -> Iterator[tuple[str, str]]:
    original = row.values.get(column.field or "", "")
    if column.date_pattern and original and not _DATE.fullmatch(original):
        yield "not_a_date", "不是日期，不能改写成平台要求的写法"
    control = (_CONTROL if template.format == "csv" else _CONTROL_OR_RETURN).search(text)
    if control:
        yield "character_unfit", f"含有文件中不能写的字符 U+{ord(control.group()):04X}"
    if template.format in {"xls", "xlsx"}:
        if len(text.encode("utf-16-le", "surrogatepass")) // 2 > CELL_CHARACTERS:
            yield "too_long", f"超过一个单元格的上限 {CELL_CHARACTERS} 个字符"
        return
    try:
        text.encode(CODECS[template.charset])
    except UnicodeEncodeError as error:
        letter = ord(text[error.start])
        yield "character_unfit", f"含有 {template.charset} 编码中没有的字符 U+{letter:04X}"
