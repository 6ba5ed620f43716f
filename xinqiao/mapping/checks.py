"""Checks of a format table against itself, its code tables and its record kind (表间校验)."""

from collections.abc import Iterator, Mapping, Sequence

from xinqiao.mapping.identity import RECORD_ID
from xinqiao.mapping.personal import PERSONAL_PATHS
from xinqiao.mapping.problems import Place, Problem
from xinqiao.mapping.removal import REMOVAL_LABELS
from xinqiao.mapping.tables import CodeTable, FormatField, FormatTable
from xinqiao.records.conditions import Condition
from xinqiao.records.kind import Kind

Found = tuple[Place, str]
"""Where in a field something is wrong, as keys below it; and what, in Chinese."""


def check_tables(
    table: FormatTable, codes: Mapping[str, CodeTable], kind: Kind | None
) -> tuple[Problem, ...]:
    """Return what is wrong with ``table``, one problem each; empty when it is sound.

    Args:
        table: The format table.
        codes: Name of the code table → the table, of every code table that it names.
        kind: The record kind it renders; None for a table of no kind that we know, whose sources
            stay unchecked.
    """
    return (
        *_repeated(table),
        *_key(table, kind),
        *_void(table, codes),
        *(
            Problem(("field", number, *place), f"{field.code}：{text}")
            for number, field in enumerate(table.fields)
            for place, text in _field(table, field, codes, kind)
        ),
    )


def _field(
    table: FormatTable, field: FormatField, codes: Mapping[str, CodeTable], kind: Kind | None
) -> Iterator[Found]:
    yield from _extent(field)
    yield from _codes(field, codes, table.charset)
    yield from _contradictions(field)
    yield from _listed_words(field, table, codes)
    if kind is not None:
        yield from _sources(field, kind)
        yield from _words(field, codes, kind)
    if table.public:
        yield from _personal(field, kind)


def _repeated(table: FormatTable) -> Iterator[Problem]:
    names = [field.name for field in table.fields]
    # one fact may be told in two lists of words, each in a field of its own
    sources = [(field.source_path, field.codes) for field in table.fields]
    for number, field in enumerate(table.fields):
        if field.name in names[:number]:
            yield Problem(("field", number, "name"), f"字段名称 {field.name} 重复")
        if field.source_path is not None and sources[number] in sources[:number]:
            yield Problem(("field", number, "from"), f"来源字段 {field.source_path} 重复")


def _key(table: FormatTable, kind: Kind | None) -> Iterator[Problem]:
    secret = kind.identity_fields if kind is not None else frozenset()
    for number, field in enumerate(table.fields):
        if field.code not in table.key_fields:
            continue
        if field.required != "always" or field.blank_when:
            place = ("field", number, "required")
            yield Problem(place, f"{field.code}：平台主键字段应始终必填且不置空")
        if field.source_path in secret:
            place = ("field", number, "from")
            yield Problem(place, f"{field.code}：证件号码不能作平台主键，可改用 {RECORD_ID}")
    if len(set(table.key_fields)) < len(table.key_fields):
        yield Problem(("key_fields",), "key_fields 中有重复的字段")


def _void(table: FormatTable, codes: Mapping[str, CodeTable]) -> Iterator[Problem]:
    for field in table.fields:
        listed = codes.get(field.codes or "")
        if field.code not in table.void or listed is None:
            continue
        value = table.void[field.code]
        if value not in {entry.wire for entry in listed.entries}:
            yield Problem(("void",), f"{field.code}：作废值 {value} 不是代码表 {listed.name} 的值")


def _extent(field: FormatField) -> Iterator[Found]:
    if field.decimals is not None and field.decimals > (field.length or 0):
        yield ("decimals",), "小数位数不应多于总位数 length"


def _codes(field: FormatField, codes: Mapping[str, CodeTable], charset: str) -> Iterator[Found]:
    if field.codes is None:
        return
    if field.codes not in codes:
        yield ("codes",), f"代码表 {field.codes} 不存在"
        return
    for entry in codes[field.codes].entries:
        if field.separator is not None and field.separator in entry.wire:
            yield ("separator",), f"分隔符“{field.separator}”出现在“{entry.word}”的报送值里"
        length = len(entry.wire if field.unit == "characters" else entry.wire.encode(charset))
        if field.length is not None and length > field.length:
            yield ("length",), f"代码表 {field.codes} 的“{entry.word}”超过字段长度 {field.length}"


def _contradictions(field: FormatField) -> Iterator[Found]:
    """Yield conditions that can never hold, or that ask for what they forbid."""
    if field.required_when and set(field.blank_when) == set(field.required_when):
        yield ("required_when",), "必填条件与置空条件相同，互相矛盾"
    for key, conditions in (
        ("required_when", field.required_when),
        ("blank_when", field.blank_when),
    ):
        for number, condition in enumerate(conditions):
            if any(_exclude(condition, other) for other in conditions[:number]):
                yield (key, number), f"条件与前面对 {condition.field} 的条件矛盾，永远不能成立"
            if condition.field == field.source_path and key == "required_when":
                yield (key, number), f"必填条件不能看本字段自己（{condition.field}）"


def _exclude(one: Condition, other: Condition) -> bool:
    """Tell whether two conditions on one field can never hold together."""
    if one.field != other.field:
        return False
    if one.words is not None and other.words is not None:
        return not set(one.words) & set(other.words)
    filled = [condition.filled for condition in (one, other)]
    # a condition on words asks for a filled field
    return False in filled and filled != [False, False]


def _listed_words(
    field: FormatField, table: FormatTable, codes: Mapping[str, CodeTable]
) -> Iterator[Found]:
    """Yield words of conditions that the code table of the field looked at does not have."""
    lists = {other.source_path: other.codes for other in table.fields if other.codes in codes}
    for place, condition in _all_conditions(field):
        name = lists.get(condition.field)
        known = {entry.word for entry in codes[name].entries} if name is not None else None
        yield from _unknown_words(place, condition, known, f"代码表 {name} ")


def _sources(field: FormatField, kind: Kind) -> Iterator[Found]:
    """Yield paths and words that records of the kind do not have."""
    if field.source_path not in (None, RECORD_ID, *REMOVAL_LABELS, *kind.labels):
        yield ("from",), f"记录中没有字段 {field.source_path}"
    for place, condition in _all_conditions(field):
        if condition.field not in kind.labels:
            yield (*place, "field"), f"记录中没有字段 {condition.field}"
        words = kind.words.get(condition.field)
        yield from _unknown_words(place, condition, words, f"记录字段 {condition.field} 的取值")


def _unknown_words(
    place: Place, condition: Condition, known: Sequence[str] | set[str] | None, where: str
) -> Iterator[Found]:
    for key, words in (("in", condition.words), ("any", condition.any_word)):
        for word in words or ():
            if known is not None and word not in known:
                yield (*place, key), f"条件中的“{word}”不在{where}中"


def _words(field: FormatField, codes: Mapping[str, CodeTable], kind: Kind) -> Iterator[Found]:
    """Yield words that records take and the code table does not know."""
    listed = codes.get(field.codes or "")
    if listed is None or field.source_path is None:
        return
    known = {entry.word for entry in listed.entries}
    for word in kind.words.get(field.source_path, ()):
        if word not in known:
            yield ("codes",), f"代码表 {listed.name} 缺少记录里的“{word}”"


def _personal(field: FormatField, kind: Kind | None) -> Iterator[Found]:
    secret = PERSONAL_PATHS | (kind.identity_fields if kind is not None else frozenset())
    if field.source_path in secret:
        yield ("from",), f"public = true 的表不能取个人信息（{field.source_path}）"


def _all_conditions(field: FormatField) -> Iterator[tuple[Place, Condition]]:
    for key, conditions in (
        ("required_when", field.required_when),
        ("blank_when", field.blank_when),
    ):
        for number, condition in enumerate(conditions):
            yield (key, number), condition
