"""Format tables and code tables (报送格式表, 代码表) as they are written in TOML.

A format table says, field by field in the order of the platform's template, what is sent: code,
Chinese name, source in the record, type, length and its unit, when it is required, when it is
sent blank, which list of values holds, and where each of these facts comes from.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from xinqiao.records.conditions import Condition, FieldPath, TablePart, Text

FieldCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


def fault(text: str, *place: str | int) -> PydanticCustomError:
    """Return the error that says in Chinese what is wrong at ``place`` of a table."""
    return PydanticCustomError(
        "table", "a table that contradicts itself", {"text": text, "place": place}
    )


class Status(StrEnum):
    """How far a table or a field can be relied on (核对状态)."""

    REFERENCE = "reference"
    """Seen elsewhere, in code or data, or remembered; not more (参考)."""

    CONFIRMED = "confirmed"
    """An official text or the platform owner's own document says so (已确认)."""


class FormatField(TablePart):
    """One field of the platform's template.

    Attributes:
        code: The platform's code of the field (字段代码).
        name: Chinese name in the template.
        source_path: Path of the record field it is filled from (``from``), or
            :data:`~xinqiao.mapping.identity.RECORD_ID`.
        constant: Fixed text sent for every record, instead of ``from``.
        type: ``text``, ``long_text`` (line breaks allowed), ``date``, ``decimal``, ``integer`` (may
            be below nought), ``year`` (four digits), ``code`` or ``codes`` (several words in one
            field).
        length: Most that the field takes, counted in ``unit``; of a number the most digits in all;
            dates have their pattern instead.
        unit: ``characters`` or ``bytes`` (in the charset of the table).
        pattern: How a date is written, from YYYY, MM and DD.
        decimals: Most digits after the point of a decimal.
        codes: Name of the code table for types ``code`` and ``codes``.
        separator: What stands between several words in one field.
        required: ``always``, ``when`` (see ``required_when``) or ``never``.
        required_when: Conditions that together make the field required.
        blank_when: Conditions that together make the field be sent blank, whatever the record
            holds; stronger than ``required``.
        note: What a clerk should know about the field.
        source: Where the field comes from.
        status: Whether an official text or the platform owner's document asks for it.
        unconfirmed: Which facts of the row that text does not tell, or are only assumed.
    """

    code: FieldCode
    name: Text
    source_path: FieldPath | None = Field(None, alias="from")
    constant: Text | None = None
    type: Literal["text", "long_text", "date", "decimal", "integer", "year", "code", "codes"]
    length: int | None = Field(None, strict=True, gt=0)
    unit: Literal["characters", "bytes"] = "characters"
    pattern: Text | None = None
    decimals: int | None = Field(None, strict=True, ge=0)
    codes: FieldPath | None = None
    separator: Text | None = None
    required: Literal["always", "when", "never"]
    required_when: tuple[Condition, ...] = ()
    blank_when: tuple[Condition, ...] = ()
    note: str = ""
    source: Text
    status: Status
    unconfirmed: tuple[
        Literal["code", "length", "required", "position", "codes", "separator"], ...
    ] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.source_path is None) == (self.constant is None):
            raise ValueError("from 与 constant 必须且只能填写一项")
        if (self.required == "when") != bool(self.required_when):
            raise ValueError('required = "when" 与 required_when 条件必须同时填写')
        if (self.type in ("code", "codes")) != (self.codes is not None):
            raise ValueError('type = "code"、"codes" 与 codes（代码表名）必须同时填写')
        if (self.type == "codes") != (self.separator is not None):
            raise ValueError('type = "codes" 与 separator（多个词之间的分隔符）必须同时填写')
        if (self.type == "decimal") != (self.decimals is not None):
            raise ValueError('type = "decimal" 与 decimals（小数位数）必须同时填写')
        return self

    @model_validator(mode="after")
    def _confirmed_in_something(self) -> Self:
        """Refuse to call confirmed what no text tells: neither name, nor duty, nor value."""
        told = {"code", "required"}
        if self.codes is not None or self.constant is not None:
            told.add("codes")
        if self.status is Status.CONFIRMED and told <= set(self.unconfirmed):
            raise ValueError(
                'status = "confirmed" 须有文件写明字段代码、是否必填、取值中的至少一项，'
                f'{"、".join(sorted(told))} 都在 unconfirmed 里的应为 "reference"'
            )
        return self

    @model_validator(mode="after")
    def _extent(self) -> Self:
        if (self.type == "date") == (self.pattern is None):
            raise ValueError('type = "date" 与 pattern（日期写法）必须同时填写')
        if (self.type == "date") == (self.length is not None):
            raise ValueError("日期字段不填 length，其他字段必须填写 length")
        if self.pattern and any(self.pattern.count(part) != 1 for part in ("YYYY", "MM", "DD")):
            raise ValueError("pattern 中 YYYY、MM、DD 应各出现一次，例如 YYYY/MM/DD")
        if self.type == "year" and self.length != _YEAR_LENGTH:
            raise ValueError('type = "year" 时 length 应为 4')
        return self


_YEAR_LENGTH = 4


class FormatTable(TablePart):
    """The template of one platform for one kind of record, in one edition (报送格式表).

    Attributes:
        platform: Platform identifier, such as ``credit_shandong``.
        kind: Record kind, such as ``permit``.
        edition: Edition, such as ``2018``.
        title: Chinese title.
        source: Where the table comes from.
        status: ``confirmed`` only when every field is, with nothing unconfirmed.
        public: Whether what is sent is shown to everybody: then no field may come from what
            identifies a person, and a text that holds such a number keeps the record back.
        key_fields: Codes of the fields by which the platform knows a record. The first holds the
            number that it can be asked by; the others tell apart what stands under one number.
        void: Field code → text that marks a record as no longer valid; empty where the format has
            no such mark.
        charset: What the wire can carry and how lengths in bytes are counted.
        fields: The fields, in the order of the template; ``[[field]]`` in the file.
    """

    platform: FieldPath
    kind: FieldPath
    edition: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._]+$")]
    title: Text
    source: Text
    status: Status
    public: bool = Field(default=False, strict=True)
    key_fields: tuple[FieldCode, ...] = Field(min_length=1)
    void: dict[FieldCode, Text] = Field(default_factory=dict)
    charset: Literal["utf-8", "gb18030", "gbk"]
    fields: tuple[FormatField, ...] = Field(validation_alias="field", min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        codes = [field.code for field in self.fields]
        for number, code in enumerate(codes):
            if code in codes[:number]:
                raise fault(f"字段代码 {code} 重复", "field", number, "code")
        for key, named in (("key_fields", self.key_fields), ("void", self.void)):
            if unknown := [code for code in named if code not in codes]:
                raise fault(f"{key} 所指的字段 {'、'.join(unknown)} 不在本表中", key)
        unconfirmed = any(
            field.status is not Status.CONFIRMED or field.unconfirmed for field in self.fields
        )
        if self.status is Status.CONFIRMED and unconfirmed:
            raise fault(
                '尚有字段未经确认，或者字段有 unconfirmed，表头 status 不能是 "confirmed"', "status"
            )
        return self


class CodeEntry(TablePart):
    """One value of a code table.

    Attributes:
        word: The word in our records.
        wire: What the platform is sent.
        detail: The word must be followed by ``-`` and the concrete kind, which is sent along.
        note: What a clerk should know.
    """

    word: Text
    wire: Text
    detail: bool = Field(default=False, strict=True)
    note: str = ""


class CodeTable(TablePart):
    """A list of values (代码表): our word → what the platform is sent; ``[[entry]]`` each.

    Attributes:
        name: That of its file.
        title: Chinese title.
        source: Where the values come from.
        status: Whether an official text or the platform owner's document gives them.
        merges: Whether several of our words are one value of the platform; else each value stands
            for one word, and what a platform shows can be read back.
        note: What a clerk should know.
        entries: The values.
    """

    name: FieldPath
    title: Text
    source: Text
    status: Status
    merges: bool = Field(default=False, strict=True)
    note: str = ""
    entries: tuple[CodeEntry, ...] = Field(validation_alias="entry", min_length=1)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        words = [entry.word for entry in self.entries]
        values = [entry.wire for entry in self.entries]
        for number, entry in enumerate(self.entries):
            if entry.word in words[:number]:
                raise fault(f"本地用词重复：{entry.word}", "entry", number, "word")
            if not self.merges and entry.wire in values[:number]:
                raise fault(
                    f"报送值 {entry.wire} 重复；几个词确实报同一个值的，在表头写 merges = true",
                    "entry",
                    number,
                    "wire",
                )
        return self
