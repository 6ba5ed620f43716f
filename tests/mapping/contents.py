"""Invented contents of any kind of record, each field right in itself, for property tests."""

from datetime import date
from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import BaseModel
from stdnum.cn import ric, uscc

from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import RECORD_ID
from xinqiao.mapping.registry import format_for, formats
from xinqiao.mapping.tables import FormatField
from xinqiao.records.fields import Amount, IsoDate, Score, WholeNumber, Year
from xinqiao.records.identifiers import organisation_check_character
from xinqiao.records.kinds import KINDS
from xinqiao.records.pictures import Picture, Pictures, pictures_text

FORMATS = [format_for(table.platform, table.kind) for table in formats()]
"""Every shipped format."""

_LETTERS = "ABCDEFGHJKLMNPQRTUWXY"
_TEXT = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"])
_SOME_TEXT = st.sampled_from(["甲乙丙", "沂源县示例运输有限公司", "𠮷䶮·试", "第一项", "a, b"])


def name_of(compiled: CompiledFormat) -> str:
    """Return what a test about one format is called."""
    return f"{compiled.table.platform}-{compiled.table.kind}"


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Draw a number with a right check digit and a year of birth that nobody alive has."""
    day = draw(st.dates(date(1900, 1, 1), date(1910, 12, 31)))
    body = f"370323{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + ric.calc_check_digit(body + "0")


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    """Draw a 统一社会信用代码 with right check digits."""
    inner = "MA" + "".join(draw(st.lists(st.sampled_from(_LETTERS), min_size=6, max_size=6)))
    inner += organisation_check_character(inner)
    body = f"91370323{inner}"
    return body + str(uscc.calc_check_digit(body))


def _pictures() -> st.SearchStrategy[str]:
    one = st.builds(Picture, st.just("会议.png"), st.just("image/png"), st.binary(max_size=30))
    return st.lists(one, min_size=1, max_size=3).map(pictures_text)


_BY_TYPE: list[tuple[Any, st.SearchStrategy[str]]] = [
    (IsoDate, st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(date.isoformat)),
    (WholeNumber, st.integers(-999, 999).map(str) | st.sampled_from(["+5", "007", "-0"])),
    (Amount, st.decimals("0.000001", "9999", places=6).map(lambda one: format(one, "f"))),
    (Score, st.decimals(0, 999, places=1).map(str)),
    (Year, st.integers(2000, 2099).map(str)),
    (Pictures, _pictures()),
]


def _leaves(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= _leaves(info.annotation, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = info
    return found


def _typed(info: Any) -> st.SearchStrategy[str] | None:
    """Return what a field of a type of our own takes."""
    marks = [*info.metadata]
    for part in get_args(info.annotation):
        marks += getattr(part, "__metadata__", ())
    for kind, strategy in _BY_TYPE:
        if any(mark in marks for mark in kind.__metadata__):
            return strategy
    return None


def _fields_from(kind: str, path: str) -> list[tuple[CompiledFormat, FormatField]]:
    return [
        (compiled, field)
        for compiled in FORMATS
        if compiled.table.kind == kind
        for field in compiled.table.fields
        if field.source_path == path
    ]


def _words(kind: str, path: str) -> st.SearchStrategy[str]:
    tables = [
        (field, compiled.codes[field.codes])
        for compiled, field in _fields_from(kind, path)
        if field.codes is not None
    ]
    detailed = {e.word for _, table in tables for e in table.entries if e.detail}
    known = dict.fromkeys([*KINDS[kind].words[path], *sorted(detailed)])
    one = st.sampled_from([f"{word}-试" if word in detailed else word for word in known])
    if any(field.separator is not None for field, _ in tables):
        return st.lists(one, min_size=1, max_size=3, unique=True).map("；".join)
    return one


def _value(kind: str, path: str, info: Any) -> st.SearchStrategy[str]:
    if path in KINDS[kind].words:
        return _words(kind, path)
    if (typed := _typed(info)) is not None:
        return typed
    if path in KINDS[kind].identity_fields:
        return identity_numbers()
    if path.endswith(("credit_code", "authority_code", "unit_code", "employer_code")):
        return credit_codes()
    lengths = [field.length for _, field in _fields_from(kind, path) if field.length is not None]
    longest = min([*lengths, 60])
    text = st.text(_TEXT, min_size=1, max_size=longest).filter(lambda one: not one.isspace())
    return _SOME_TEXT.map(lambda one: one[:longest]) | text


@st.composite
def contents(draw: st.DrawFn, kind: str) -> dict[str, str]:
    """Draw a record of ``kind`` that every format of the kind can render, with its 记录标识."""
    leaves = _leaves(KINDS[kind].model)
    full = {path: draw(_value(kind, path, info)) for path, info in leaves.items()}
    optional = sorted(path for path in leaves if path not in KINDS[kind].required)
    dropped = draw(st.sets(st.sampled_from(optional))) if optional else set()
    content = {path: text for path, text in full.items() if path not in dropped}
    content[RECORD_ID] = str(draw(st.uuids(version=4)))
    for compiled in FORMATS:
        if compiled.table.kind == kind:
            # what a format asks for under the circumstances is filled again
            wanted = {one.field for one in compiled.render(content).findings} & dropped
            content |= {path: full[path] for path in wanted}
    return content
