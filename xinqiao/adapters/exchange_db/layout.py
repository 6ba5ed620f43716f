"""The exchange database's part of a profile: where it is, its tables, the role of every column."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import sqlalchemy as sa
from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.exc import ArgumentError

from xinqiao.adapters.exchange_db.dialects import DIALECTS
from xinqiao.adapters.fields import RecordKind, Seconds, Table, Text

_PLACES_IN_ADDRESS = frozenset({"host", "unix_socket", "service_name"})
"""Parameters that an address may have: they too say where the database is."""


def _address(text: str) -> str:
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("应为 dialect://主机:端口/库名 这样的地址") from None
    if url.drivername not in DIALECTS:
        raise ValueError(f"数据库类型应为 {'、'.join(DIALECTS)} 之一")
    if url.username is not None or url.password is not None:
        raise ValueError("地址里不得写用户名和密码，请写在凭据 database_user、database_password 中")
    if not url.database and "service_name" not in url.query:
        raise ValueError("地址里缺少库名")
    if not set(url.query) <= _PLACES_IN_ADDRESS:
        raise ValueError(f"地址里的参数只能是 {'、'.join(sorted(_PLACES_IN_ADDRESS))}")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""``dialect://host:port/name``, without user and password."""

Name = Annotated[str, Field(pattern=r"^[^\s\"'`\[\];%:().\\]{1,128}$")]
"""Name of a table, schema or column, used exactly as it is written, upper and lower case too."""

Charset = Literal["utf-8", "gbk", "gb18030"]
"""Encoding in which a database keeps text, as far as lengths in bytes depend on it."""

_PARTS = "(MM|DD|hh|mm|ss|[-/.: T年月日])*"
DatePattern = Annotated[str, Field(pattern=f"^{_PARTS}YYYY{_PARTS}$")]
"""How an instant or a date is written as text: ``YYYY/MM/DD``, ``YYYY-MM-DD hh:mm:ss``."""


class Role(StrEnum):
    """What a column is for, beyond holding a field of the record (列的用途)."""

    ROW_KEY = "row_key"
    """Key of the row, made by us; the same in every resend (行标识)."""
    BATCH = "batch"
    """Our batch number (批次号)."""
    ROW_NUMBER = "row_number"
    """Position in the batch, from 1 (行号)."""
    OPERATION = "operation"
    """Word for what is asked, of ``words.operations`` (操作)."""
    STATUS = "status"
    """Processing state: we write the first one, the other side the rest (处理状态)."""
    ERROR_CODE = "error_code"
    """Code of the refusal; only the other side writes it (错误代码)."""
    ERROR_TEXT = "error_text"
    """Words of the refusal; only the other side writes them (错误说明)."""
    WRITTEN_AT = "written_at"
    """When we wrote the row, in Asia/Shanghai (写入时间)."""
    TAKEN_AT = "taken_at"
    """When the other side took it in; only the other side writes it (入库时间)."""
    VERSION = "version"
    """Number of the row among those of the same record in this table, from 1 (版本)."""
    VALIDITY = "validity"
    """Whether the row counts (有效标识)."""
    INVALID_REASON = "invalid_reason"
    """Why it does not count (无效原因)."""
    SOURCE = "source"
    """Who reports: ``settings.organisation_code`` of the workspace (报送单位)."""


THEIRS = frozenset({Role.ERROR_CODE, Role.ERROR_TEXT, Role.TAKEN_AT})
"""Roles that only the other side writes: they stay NULL, and are read."""


class Column(Table):
    """One column: its name, where its content comes from, and what fits (列)."""

    name: Name
    """Name as it stands in the database."""
    field: Text | None = None
    """Field code of our format whose text it holds."""
    role: Role | None = None
    """What else it is for."""
    constant: str | None = None
    """Text that it holds in every row."""
    length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Most that it holds, in ``unit``; not checked where it is left out."""
    unit: Literal["characters", "bytes"] = "characters"
    """What ``length`` counts; bytes are those of ``charset``."""
    charset: Charset | None = None
    """Encoding of this column; that of the transport where it is left out."""
    type: Literal["text", "integer", "decimal", "date", "datetime"] = "text"
    """Type in the database. Everything is sent as text unless it says otherwise."""
    date_pattern: DatePattern | None = None
    """How a date or an instant is written into a column of text."""
    empty: Literal["null", "empty", "space"] = "null"
    """What stands for an empty value. Oracle and 达梦 keep no empty text: it is NULL there."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "Column":
        if sum(part is not None for part in (self.field, self.role, self.constant)) != 1:
            raise ValueError("field、role、constant 应写且只写一项")
        if self.date_pattern is not None and self.type != "text":
            raise ValueError("date_pattern 只用于 type = text")
        return self


class UpdateWay(StrEnum):
    """How a table takes a newer version of a record that was put into it before (变更方式)."""

    IN_PLACE = "in_place"
    """The row of the record is overwritten, and its status set back (原行更新)."""
    APPEND = "append"
    """One more row (追加)."""
    VOID_AND_INSERT = "void_and_insert"
    """A row that says void, then a new row that counts (先报无效再新增)."""
    DELETE_AND_INSERT = "delete_and_insert"
    """Rows of the record that nobody is processing are deleted, then one is put in (删后新增)."""


class WithdrawWay(StrEnum):
    """How a table takes a withdrawal (撤回方式)."""

    APPEND = "append"
    """One more row, with the word for the operation (追加)."""
    VOID = "void"
    """One more row that says void (报无效)."""
    DELETE_UNCONSUMED = "delete_unconsumed"
    """The row is deleted, as long as nobody has taken it (未取走时删除)."""


class TableMap(Table):
    """Table of one kind of record (报送表)."""

    source: Text
    """Where this part comes from (依据)."""
    name: Name
    """Name as it stands in the database; it is quoted, so upper and lower case differ."""
    business_key: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Field codes by which rows of one record are known, such as the document number (业务主键)."""
    update: UpdateWay = UpdateWay.APPEND
    """How a newer version is taken."""
    withdraw: WithdrawWay = WithdrawWay.APPEND
    """How a withdrawal is taken."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    """Every column that is written or read; others are left to their defaults."""
    omit: tuple[Text, ...] = ()
    """Field codes of the format that have no column, and are left out on purpose."""

    @model_validator(mode="after")
    def _is_whole(self) -> "TableMap":
        names = [column.name for column in self.columns]
        roles = [column.role for column in self.columns if column.role is not None]
        fields = [column.field for column in self.columns if column.field is not None]
        missing = [
            str(number) for number, code in enumerate(self.business_key, 1) if code not in fields
        ]
        if len(set(names)) < len(names):
            raise ValueError("columns 中有两列的 name 相同")
        if len(set(roles)) < len(roles):
            raise ValueError("columns 中有两列的 role 相同")
        if missing:
            raise ValueError(f"business_key 的第 {'、'.join(missing)} 项不是任何一列的 field")
        for role, why in self._needed_roles():
            if role not in roles:
                raise ValueError(f"{why}时，columns 中须有 role = {role.value} 的一列")
        return self

    def _needed_roles(self) -> list[tuple[Role, str]]:
        needed = [(Role.ROW_KEY, "任何")]
        if self.update is UpdateWay.IN_PLACE:
            needed.append((Role.STATUS, "update = in_place "))
        if self.update is UpdateWay.DELETE_AND_INSERT:
            needed.append((Role.STATUS, "update = delete_and_insert "))
        if self.update is UpdateWay.VOID_AND_INSERT:
            needed.append((Role.VALIDITY, "update = void_and_insert "))
        if self.withdraw is WithdrawWay.VOID:
            needed.append((Role.VALIDITY, "withdraw = void "))
        if self.withdraw is WithdrawWay.DELETE_UNCONSUMED:
            needed.append((Role.STATUS, "withdraw = delete_unconsumed "))
        return needed

    def lost_fields(self, codes: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return codes without a column that are not in ``omit``, and columns' codes unknown."""
        written = [column.field for column in self.columns if column.field is not None]
        missing = tuple(code for code in codes if code not in {*written, *self.omit})
        return missing, tuple(code for code in written if code not in codes)

    def column_of(self, role: Role) -> Column | None:
        """Return the column with ``role``, if the table has one."""
        return next((column for column in self.columns if column.role is role), None)


Meaning = Literal["pending", "received", "accepted", "rejected"]
"""What a text of the other side means for a row: not looked at, taken, or one of our outcomes."""


class Status(Table):
    """Words of the status column (处理状态的取值)."""

    source: Text
    """Where this part comes from (依据)."""
    initial: str
    """What we write; empty writes NULL."""
    meanings: dict[str, Meaning]
    """Text in the column → what it means; an empty text stands for NULL."""
    otherwise: Meaning = "received"
    """What any other text means. ``received`` leaves the row to a person when its time is over."""

    @model_validator(mode="after")
    def _knows_its_own_word(self) -> "Status":
        if self.meanings.get(self.initial) != "pending":
            raise ValueError("initial 的取值须在 meanings 中写为 pending")
        return self


class Validity(Table):
    """Words of the validity column (有效标识的取值)."""

    source: Text
    """Where this part comes from (依据)."""
    valid: Text
    """The row counts."""
    invalid: Text
    """It does not."""
    update_reason: Text = "数据变更"
    """Written beside a void row that a newer one follows."""
    withdraw_reason: Text = "数据撤回"
    """Written beside a void row that nothing follows."""


class DatabaseTimes(Table):
    """Bounds of everything that is asked of a database."""

    connect_seconds: Annotated[float, Field(ge=1, le=600)] = 10
    """Time to connect and log in."""
    statement_seconds: Annotated[float, Field(ge=1, le=3600)] = 30
    """Time for one statement, waiting for locks included."""


class ExchangeDbTransport(DatabaseTimes):
    """Rows are put into tables of an exchange database (前置库报送)."""

    address_key: ClassVar[str] = "url"
    type: Literal["exchange_db"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    url: Address
    """Where the database is; user and password are credentials."""
    database_schema: Name | None = Field(default=None, alias="schema")
    """Schema of the tables; the user's own where it is left out."""
    total_seconds: Seconds
    """Longest that one delivery may take."""
    charset: Charset = "utf-8"
    """Encoding in which the database keeps text."""
    row_key: Literal["uuid", "uuid_hex", "batch_and_row"] = "uuid"
    """How the key of a row is made from batch number and row."""
    rows_stay: bool
    """Whether rows stay in the table after they were taken. Only then does absence prove anything,
    and only then is an identical resend without a second effect."""
    read_back: bool = True
    """Whether rows are read and compared before the commit, so that nothing was cut or replaced."""
    status: Status | None = None
    """Words of the status column."""
    validity: Validity | None = None
    """Words of the validity column."""
    tables: Annotated[dict[RecordKind, TableMap], Field(min_length=1)]
    """Record kind → its table."""

    @model_validator(mode="after")
    def _is_whole(self) -> "ExchangeDbTransport":
        if self.connect_seconds + 2 * self.statement_seconds > self.total_seconds:
            raise ValueError("total_seconds 不得小于 connect_seconds 加两个 statement_seconds")
        roles = {column.role for table in self.tables.values() for column in table.columns}
        if Role.STATUS in roles and self.status is None:
            raise ValueError("有 role = status 的列时，须写 [transport.status]")
        if Role.VALIDITY in roles and self.validity is None:
            raise ValueError("有 role = validity 的列时，须写 [transport.validity]")
        return self


def _parts_of(pattern: str) -> list[str]:
    return re.findall("YYYY|MM|DD|hh|mm|ss", pattern)


class FeedbackTable(DatabaseTimes):
    """A table in which the other side answers (反馈表)."""

    source: Text
    """Where this part comes from (依据)."""
    url: Address | None = None
    """Database of the table, with the credentials ``feedback_user`` and ``feedback_password``; the
    transport's own where it is left out."""
    database_schema: Name | None = Field(default=None, alias="schema")
    """Schema of the table."""
    name: Name
    """Name as it stands in the database."""
    row_key: Name | None = None
    """Column that holds our row key."""
    business_key: dict[Text, Name] = Field(default_factory=dict)
    """Field code → column, where the table knows nothing of our row keys: document number and
    subject. Only answers later than the delivery count then."""
    result: Name
    """Column that holds the result."""
    code: Name | None = None
    """Column of the code of a refusal."""
    text: Name | None = None
    """Column of the words of a refusal."""
    time: Name | None = None
    """Column that tells when the answer was given; the newest counts."""
    date_pattern: DatePattern | None = None
    """How the time is written, where the column is text."""
    meanings: dict[str, Meaning]
    """Text of ``result`` → what it means."""
    otherwise: Meaning = "received"
    """What any other text means."""

    @model_validator(mode="after")
    def _can_be_matched(self) -> "FeedbackTable":
        if (self.row_key is None) == (not self.business_key):
            raise ValueError("row_key 与 business_key 应写且只写一项")
        if self.business_key and self.time is None:
            raise ValueError("按 business_key 对应时须有 time，否则分不清是哪一次报送的结果")
        pattern = self.date_pattern
        if self.business_key and pattern is not None and not {"hh", "mm"} <= {*_parts_of(pattern)}:
            raise ValueError("按 business_key 对应时 date_pattern 须写到时分（hh、mm）")
        return self
