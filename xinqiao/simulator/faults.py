"""The faults (故障) that the stand-in can be told to have, and how a list of them is read."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from xinqiao.errors import InputError, SettingsError
from xinqiao.simulator.submission import Operation

CallName = Literal["token", "submissions", "receipts", "records", "ledger", "file", "rows"]
"""What a fault can befall: calls, a file that is delivered, rows of an exchange database."""

Option = Literal["seconds", "status", "code", "rows"]


_TABLES = ("faults.toml", "exchange_db_faults.toml")


class FaultKind(BaseModel):
    """One named fault as the table describes it.

    Attributes:
        chinese: What it does, for operators.
        english: What it does, for developers.
        taken: Whether the platform takes the request nevertheless.
        calls: Calls it can befall.
        options: Options that a fault of this name may set.
        seconds: Default duration.
        status: Default HTTP status.
        code: Default code of the platform.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chinese: str
    english: str
    taken: bool
    calls: tuple[CallName, ...]
    options: tuple[Option, ...]
    seconds: float = 0.0
    status: int = 200
    code: str = ""


@cache
def fault_kinds() -> Mapping[str, FaultKind]:
    """Return the table of faults, by name."""
    table: dict[str, object] = {}
    for name in _TABLES:
        text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
        table |= tomllib.loads(text)
    return TypeAdapter(dict[str, FaultKind]).validate_python(table)


class Fault(BaseModel):
    """One fault to have, and when.

    Attributes:
        name: Name of a fault in the table.
        call: The call that it befalls.
        nth: Which matching call is the first to suffer, from 1.
        times: How many matching calls suffer from then on; with ``probability``, unlimited
            unless set, otherwise 1.
        probability: Instead of ``nth``: the chance of each matching call to suffer.
        operation: Only submissions of this operation match.
        document_number: Only submissions that hold this document number (文书号) match.
        seconds: How long it lasts.
        status: HTTP status of the answer.
        code: The platform's code in the answer.
        rows: Rows concerned, from 1. Without them the row of ``document_number``, and without
            that what the fault's own description says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    call: CallName = "submissions"
    nth: PositiveInt = 1
    times: PositiveInt | Literal["unlimited"] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    operation: Operation | None = None
    document_number: str | None = None
    seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    code: Annotated[str, Field(min_length=1)] | None = None
    rows: tuple[PositiveInt, ...] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Fault":
        kind = fault_kinds().get(self.name)
        if kind is None:
            raise ValueError("没有这个名称的故障")
        if self.call not in kind.calls:
            raise ValueError(f"{self.name} 不适用于 {self.call}")
        foreign = {"seconds", "status", "code", "rows"} & self.model_fields_set - {*kind.options}
        if foreign:
            raise ValueError(f"{self.name} 没有选项 {'、'.join(sorted(foreign))}")
        if self.probability is not None and "nth" in self.model_fields_set:
            raise ValueError("nth 与 probability 只能填写一个")
        if self.call == "rows" and self.operation:
            raise ValueError("operation 不适用于 rows")
        told = self.operation or self.document_number
        if self.call not in {"submissions", "file", "rows"} and told:
            raise ValueError("operation 和 document_number 只适用于 submissions、file 和 rows")
        return self

    @property
    def kind(self) -> FaultKind:
        """The table's entry for this fault."""
        return fault_kinds()[self.name]

    @property
    def limit(self) -> int | None:
        """How many calls suffer at most; None without limit."""
        if self.times == "unlimited":
            return None
        return self.times or (None if self.probability is not None else 1)

    @property
    def duration(self) -> float:
        """How long it lasts, in seconds."""
        return self.kind.seconds if self.seconds is None else self.seconds

    @property
    def http_status(self) -> int:
        """HTTP status of the answer."""
        return self.status or self.kind.status

    @property
    def platform_code(self) -> str:
        """Code of the platform in the answer."""
        return self.code or self.kind.code


class _FaultFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    faults: tuple[Fault, ...]


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Return the faults of a TOML file: a list of ``[[faults]]``.

    Raises:
        SettingsError: The file is not there, is no TOML or holds something unknown.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise SettingsError(f"无法读取故障文件 {path}，请检查路径和权限") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"故障文件 {path} 不是 UTF-8 编码的 TOML，请改正") from None
    try:
        return _FaultFile.model_validate(table).faults
    except ValidationError as error:
        raise SettingsError(f"故障文件 {path} 有误：{_explain(error)}，请改正") from None


def read_faults(body: bytes) -> tuple[Fault, ...]:
    """Return the faults in ``body``, a JSON list.

    Raises:
        InputError: The list is not right; the message names the place.
    """
    try:
        return TypeAdapter(tuple[Fault, ...]).validate_json(body)
    except ValidationError as error:
        raise InputError(f"故障列表有误：{_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place or '整个内容'}（{first['msg']}）"
