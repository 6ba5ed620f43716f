"""The part of a profile that tells files: their template, where they go, how answers are read."""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from xinqiao.adapters.base import Operation
from xinqiao.adapters.fields import RecordKind, Seconds, Table, Text
from xinqiao.adapters.file_drop.names import NamePattern, binds, check_name, check_search_name

FileFormat = Literal["xlsx", "xls", "csv", "xml"]
"""Kinds of files that are written and read."""

Charset = Literal["utf-8", "utf-8-bom", "gbk", "gb18030"]
"""Encodings of text files; workbooks have their own."""

CODECS: Mapping[str, str] = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8",
    "gbk": "gbk",
    "gb18030": "gb18030",
}
"""Charset of a profile → Python's name of it."""

MARKS: Mapping[str, bytes] = {"utf-8-bom": codecs.BOM_UTF8}
"""Charset → bytes that stand before the text."""

DATE_PARTS: Mapping[str, str] = {
    "YYYY": "%Y",
    "MM": "%m",
    "DD": "%d",
    "hh": "%H",
    "mm": "%M",
    "ss": "%S",
}
"""What a date pattern is made of → what ``strftime`` calls it."""

_SHEET = re.compile(r"[^\[\]:*?/\\']{1,31}")
_XML_NAME = re.compile(r"[^\W\d][\w.-]*")
_MOST_ROWS: Mapping[str, int] = {"xls": 65_536, "xlsx": 1_048_576}


def _date_pattern(text: str) -> str:
    if text and not all(part in text for part in ("YYYY", "MM", "DD")):
        raise ValueError("日期写法由 YYYY、MM、DD（以及 hh、mm、ss）组成，例如 YYYY-MM-DD")
    return text


def _sheet(value: Any) -> str | int:
    if isinstance(value, str) and _SHEET.fullmatch(value):
        return value
    if isinstance(value, int) and value is not True and value > 0:
        return value
    raise ValueError("应为工作表名（31 字以内，不含 []:*?/\\）或工作表的位置（从 1 起）")


def _place(value: Any) -> str | int | None:
    if value is None or (isinstance(value, str) and value):
        return value
    if isinstance(value, int) and value is not True and value > 0:
        return value
    raise ValueError("应为列的表头，或列的位置（从 1 起）")


DatePattern = Annotated[str, AfterValidator(_date_pattern)]
FileName = Annotated[NamePattern, AfterValidator(check_name)]
SearchName = Annotated[NamePattern, AfterValidator(check_search_name)]
SheetName = Annotated[str | int, PlainValidator(_sheet)]
Place = Annotated[str | int | None, PlainValidator(_place)]
Suffix = Annotated[str, Field(pattern=r"^(\.[A-Za-z0-9_]{1,16})?$")]
Mode = Annotated[str, Field(pattern=r"^0[46][0-6][0-6]$")]
Delimiter = Annotated[str, Field(pattern='^[^"\r\n\0]$')]


class Role(StrEnum):
    """What a column tells of the delivery rather than of the record (列的角色)."""

    ROW_NUMBER = "row_number"
    """Position in the batch, from 1 (行号)."""
    KEY = "key"
    """The key by which the row is asked for (文书号)."""
    BATCH = "batch"
    """Batch number (批次号)."""
    KIND = "kind"
    """The platform's word for the record kind (数据类型)."""
    OPERATION = "operation"
    """The platform's word for the operation (操作)."""
    WRITTEN_AT = "written_at"
    """When the batch was sealed, in Asia/Shanghai (生成时间)."""


class Column(Table):
    """One column of a file: a field of the record, a fixed text, or something of the delivery."""

    label: str = ""
    """Heading in Chinese; may be empty. In XML the name of the element or attribute."""
    field: Text | None = None
    """Code of the field that fills it."""
    constant: str | None = None
    """Fixed text that fills it."""
    role: Role | None = None
    """What of the delivery fills it."""
    date_pattern: DatePattern = ""
    """How its date is written, from YYYY, MM, DD, hh, mm, ss; empty: as it is in the record."""

    @model_validator(mode="after")
    def _one_source(self) -> "Column":
        given = [one for one in (self.field, self.constant, self.role) if one is not None]
        if len(given) != 1:
            raise ValueError("field、constant、role 必须且只能填写一项")
        if self.role is Role.WRITTEN_AT and not self.date_pattern:
            raise ValueError("role = written_at 需要 date_pattern（日期写法）")
        if self.date_pattern and self.field is None and self.role is not Role.WRITTEN_AT:
            raise ValueError("date_pattern 只用于 field 和 role = written_at")
        return self

    @property
    def name(self) -> str:
        """Heading where headings are codes, and name in messages and in XML."""
        return self.label or self.code

    @property
    def code(self) -> str:
        """Code of the field; the label where no field fills it."""
        return self.field or self.label or (self.role.value if self.role else "")


class Sheet(Table):
    """How a file is laid out, whether it is written or read (文件版式)."""

    format: FileFormat
    """Kind of file."""
    sheet: SheetName = "Sheet1"
    """Name of the worksheet (xlsx, xls); of a file that is read also its position, from 1."""
    charset: Charset = "utf-8"
    """Encoding (csv, xml)."""
    delimiter: Delimiter = ","
    """What stands between values (csv)."""
    root: Text = "DATAS"
    """Name of the outermost element (xml)."""
    row: Text = "DATA"
    """Name of the element of a row (xml)."""
    shape: Literal["elements", "attributes"] = "elements"
    """Whether values are elements or attributes of their row (xml)."""

    @model_validator(mode="after")
    def _xml_names(self) -> "Sheet":
        if self.format == "xml":
            for name in (self.root, self.row):
                _check_xml_name(name)
        return self


class Template(Sheet):
    """How the rows of one record kind are put into a file (上报模板)."""

    name: FileName
    """Name of the file, the same for the same batch: {batch}, {serial:05d} (made from the batch
    number), {date:%Y%m%d} (of the sealing), {kind}, {operation}."""
    header: Literal["names", "codes", "none"] = "names"
    """What the heading row holds: labels, field codes, or no heading row at all."""
    header_rows: tuple[tuple[str, ...], ...] = ()
    """Literal rows above the heading row."""
    first_row: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Number of the first data row, from 1; none: right below what stands above."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=256)]
    """Columns in order."""
    omit: tuple[Text, ...] = ()
    """Codes of fields of the format that the template has no column for (不上报的字段)."""
    quoted: bool = True
    """Whether every value stands in double quotes (csv); else only where it must."""
    line_end: Literal["crlf", "lf"] = "crlf"
    """How a line ends (csv)."""
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)]
    """Most data rows of one file."""
    max_bytes: Annotated[int, Field(ge=1024, le=1 << 30)]
    """Largest file."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Template":
        if isinstance(self.sheet, int):
            raise ValueError("上报模板的 sheet 须写工作表名")  # noqa: TRY004 - pydantic's way
        written = {column.field for column in self.columns if column.field is not None}
        both = sorted(written & set(self.omit))
        if both:
            raise ValueError(f"{'、'.join(both)} 既有列，又列在 omit（不上报）中")
        if self.first_row is not None and self.first_row < self.natural_first_row:
            raise ValueError(f"first_row 不得小于 {self.natural_first_row}（表头所占行数之后）")
        if self.first_data_row - 1 + self.max_rows > _MOST_ROWS.get(self.format, 1 << 31):
            raise ValueError(f"{self.format} 放不下这么多行，请调小 max_rows")
        for text in self._own_words():
            _check_words(text, self.charset)
        if self.format == "xml":
            for column in self.columns:
                _check_xml_name(column.name)
            if len({column.name for column in self.columns}) != len(self.columns):
                raise ValueError("xml 的列名不得重复")
        return self

    def _own_words(self) -> Iterator[str]:
        for line in self.header_rows:
            yield from line
        for column in self.columns:
            yield from (column.label, column.code, column.constant or "")

    @property
    def natural_first_row(self) -> int:
        """Number of the row below all headings, from 1."""
        return len(self.header_rows) + (self.header != "none") + 1

    @property
    def first_data_row(self) -> int:
        """Number of the first data row, from 1."""
        return self.first_row or self.natural_first_row


class FileTransport(Table):
    """Rows are put into a file in a folder (文件报送)."""

    address_key: ClassVar[str] = "folder"
    type: Literal["file"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    folder: Text
    """Where files go; a relative path begins in the workspace. It is never made by us: a network
    folder that is not mounted must not be taken for an empty one."""
    total_seconds: Seconds
    """Longest that one exchange may take."""
    flag: Suffix = ""
    """Ending of the flag file that is written after the file (.ok); empty: there is none."""
    flag_content: Literal["empty", "size", "sha256"] = "empty"
    """What the flag file holds."""
    mode: Mode = "0600"
    """Permissions of the files (octal)."""
    files_stay: bool = False
    """Whether nobody takes files away: only then does the absence of a file prove anything."""
    templates: Annotated[dict[RecordKind, Template], Field(min_length=1)]
    """Record kind → its template."""


class ManualTransport(Table):
    """Rows are put into a file that a clerk uploads by hand (人工上传)."""

    address_key: ClassVar[str] = "folder"
    type: Literal["manual"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    folder: Text
    """Where packages go; a relative path begins in the workspace."""
    total_seconds: Seconds
    """Longest that one exchange may take."""
    templates: Annotated[dict[RecordKind, Template], Field(min_length=1)]
    """Record kind → its template."""
    instructions: dict[Operation, Text]
    """Operation → what the clerk does with the file: page, menu, button (上传说明).

    What holds for ``withdraw`` holds for ``take_down`` where that has none of its own.
    """


class AnswerColumns(Table):
    """Which column of an answer tells what: a heading, or a position from 1 (回执的列)."""

    row: Place = None
    """Position in the batch, from 1."""
    key: Place = None
    """The key (文书号)."""
    batch: Place = None
    """Batch number."""
    verdict: Place = None
    """What became of the row."""
    message: Place = None
    """The platform's words."""
    reference: Place = None
    """The platform's id of the record."""
    # left out where it is not said, so that what binds to older profiles still holds
    field: Place = Field(default=None, exclude_if=lambda place: place is None)
    """The field that is at fault, by its code or its name; goes behind the platform's words."""
    time: Place = None
    """When it was taken in."""


class ReceiptFile(Sheet):
    """A file in which the other side answers (回执文件)."""

    source: Text
    """Where this part comes from (依据)."""
    folder: str = ""
    """Where answers appear; empty where a person hands them over."""
    name: SearchName
    """Name of the file: the placeholders of a template's name, {file} and {stem} for the name of
    what was sent, with and without its ending, and * for anything."""
    all_fine_name: SearchName = ""
    """Name of a file that says that every row was taken, in ``error_file`` (全部成功的标志)."""
    empty_means_all_fine: bool = False
    """Whether a list of refused rows that names none, with its headings, says that every row was
    taken. Only where the name says which batch is meant."""
    flag: Suffix = ""
    """Ending of the file that says that the answer is whole; empty: there is none."""
    settle_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60
    """How long a file must have been left alone before it counts as whole, by its time of change.
    Zero only where the other side renames its files into place or writes a flag."""
    header_row: Annotated[int, Field(ge=0, le=1000)] = 1
    """Number of the row of headings, from 1; 0: there is none, and columns are positions."""
    first_row: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Number of the first data row; none: below the headings."""
    match_by: Literal["row", "key", "batch"]
    """What says which row of the batch is meant; ``batch``: one line answers for all of them."""
    columns: AnswerColumns
    """Which column tells what."""
    rows_from: Annotated[int, Field(ge=0, le=1000)] = 1
    """Number by which the first row of the batch goes (2 where the other side counts the
    headings)."""
    verdicts: dict[str, Literal["accepted", "rejected", "duplicate", "received"]] = Field(
        default_factory=dict
    )
    """The platform's word → what it means."""
    otherwise: Literal["accepted", "rejected", "duplicate", "received", "unknown"] = "unknown"
    """What a word that is not in the table means; ``unknown``: the file cannot be read."""
    only_refused: bool = False
    """Whether the file that a clerk hands over names refused rows only, as in ``error_file``."""
    whole_file_refused: bool = False
    """Whether one row that is refused means that no row of the file was taken (整批退回)."""
    newest_by: Literal["modified", "name"] = "modified"
    """What tells the newer of two answers about one batch; digits in names are numbers: _10 is
    newer than _9."""

    @model_validator(mode="after")
    def _columns_fit(self) -> "ReceiptFile":
        columns = self.columns
        if self.match_by != "batch" and getattr(columns, self.match_by) is None:
            raise ValueError(f"match_by = {self.match_by} 需要 columns.{self.match_by}")
        if self.folder and not binds(self.name) and columns.batch is None:
            raise ValueError(
                "回执须能认出批次：name 中写 {batch}、{serial}、{file} 或 {stem}，"
                "或填写 columns.batch（批次号一列）"
            )
        if self.all_fine_name and not binds(self.all_fine_name):
            raise ValueError("all_fine_name 中须写 {batch}、{serial}、{file} 或 {stem}")
        if self.empty_means_all_fine and not binds(self.name):
            raise ValueError(
                "empty_means_all_fine = true 时，name 中须写 {batch}、{serial}、{file} 或 {stem}："
                "空的清单不说明是哪个批次的"
            )
        used = [one for one in columns.model_dump().values() if one is not None]
        if self.header_row == 0 and any(isinstance(one, str) for one in used):
            raise ValueError("header_row = 0 时，columns 只能写列的位置（从 1 起）")
        if self.format == "xml" and any(isinstance(one, int) for one in used):
            raise ValueError("xml 的 columns 只能写名称")
        if (columns.verdict is None) == bool(self.verdicts):
            raise ValueError("columns.verdict 与 verdicts（对照词）须同时填写")
        return self


def _check_xml_name(name: str) -> None:
    if not _XML_NAME.fullmatch(name) or name.lower().startswith("xml"):
        raise ValueError(f"「{name}」不能作 xml 的元素或属性名")


def _check_words(text: str, charset: str) -> None:
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        raise ValueError("表头和固定文字里有不能写进文件的控制字符")
    try:
        text.encode(CODECS[charset])
    except UnicodeEncodeError:
        raise ValueError(f"表头和固定文字里有 {charset} 编码中没有的字符") from None
