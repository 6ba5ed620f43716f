"""Checks across tables that one table cannot make alone (表间校验)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from xinqiao.mapping.identity import RECORD_ID
from xinqiao.mapping.tables import CodeTable, FormatField, FormatTable


def check_tables(
    table: FormatTable,
    codes: Mapping[str, CodeTable],
    known_paths: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Return what is wrong with ``table`` in Chinese, one text per problem; empty when sound.

    Args:
        table: The format table.
        codes: Name of the code table → the table, of every code table there is.
        known_paths: Field paths of the record kind; None leaves paths unchecked.
    """
    return (
        *_repeated(table),
        *_key(table),
        *(problem for field in table.fields for problem in _codes(field, codes, table.charset)),
        *(problem for field in table.fields for problem in _conditions(field, table, codes)),
        *(problem for field in table.fields for problem in _paths(field, known_paths)),
    )


def _repeated(table: FormatTable) -> Iterator[str]:
    for what, values in (
        ("字段代码", [field.code for field in table.fields]),
        ("字段名称", [field.name for field in table.fields]),
    ):
        for value, count in Counter(values).items():
            if count > 1:
                yield f"{what} {value} 出现 {count} 次，应只出现一次"
    # one fact may be told in two lists of words, each in a field of its own
    sources = Counter((field.source_path, field.codes) for field in table.fields)
    for (path, _), count in sources.items():
        if path and count > 1:
            yield f"来源字段 {path} 出现 {count} 次，应只出现一次"


def _key(table: FormatTable) -> Iterator[str]:
    for field in table.fields:
        if field.code in table.key_fields and (field.required != "always" or field.blank_when):
            yield f"{field.code}：平台主键字段应始终必填且不置空"


def _codes(field: FormatField, codes: Mapping[str, CodeTable], charset: str) -> Iterator[str]:
    if field.length is not None and field.length <= 0:
        yield f"{field.code}：length 应大于 0"
    if field.codes is None:
        return
    if field.separator is not None and field.codes in codes:
        for entry in codes[field.codes].entries:
            if field.separator in entry.wire:
                yield f"{field.code}：分隔符“{field.separator}”出现在“{entry.word}”的报送值里"
    if field.codes not in codes:
        yield f"{field.code}：代码表 {field.codes} 不存在"
        return
    for entry in codes[field.codes].entries:
        length = len(entry.wire if field.unit == "characters" else entry.wire.encode(charset))
        if field.length is not None and length > field.length:
            yield f"{field.code}：代码表 {field.codes} 的“{entry.word}”超过字段长度 {field.length}"


def _conditions(
    field: FormatField, table: FormatTable, codes: Mapping[str, CodeTable]
) -> Iterator[str]:
    """Yield words of conditions that the code table of the field looked at does not have."""
    lists = {other.source_path: other.codes for other in table.fields if other.codes in codes}
    for condition in (*field.required_when, *field.blank_when):
        name = lists.get(condition.field)
        if name is None:
            continue
        known = {entry.word for entry in codes[name].entries}
        for word in condition.words or condition.any_word or ():
            if word not in known:
                yield f"{field.code}：条件中的“{word}”不在代码表 {name} 中"


def _paths(field: FormatField, known: Collection[str] | None) -> Iterator[str]:
    if known is None:
        return
    conditions = (*field.required_when, *field.blank_when)
    paths = [condition.field for condition in conditions]
    if field.source_path is not None:
        paths.append(field.source_path)
    for path in dict.fromkeys(paths):
        if path not in known and path != RECORD_ID:
            yield f"{field.code}：记录中没有字段 {path}"
