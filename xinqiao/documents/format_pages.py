"""Pages of the format tables (报送格式): an index, one for each platform, one of code tables."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from xinqiao.documents.markdown import code, page, table
from xinqiao.mapping.loading import known_formats, load_table_set
from xinqiao.mapping.registry import formats
from xinqiao.mapping.tables import CodeTable, FormatField, FormatTable, Status
from xinqiao.records.condition_words import in_words
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.reports.catalogue import summarise
from xinqiao.routing.platforms import platform_name, platforms

_STATUS = """\
**已确认** `confirmed`：有公开的正式文本或者平台方的文件要求这个字段；文本没有写明的（代码、长度、
是否必填、次序、代码表）列在“未确认的方面”里。**参考** `reference`：其余的都是，见于别的系统的程序
或者数据、凭记忆、或者由本系统拟定，取得平台方的字段表后更正。"""

_STATUS_WORDS = {Status.CONFIRMED: "已确认", Status.REFERENCE: "参考"}
_TYPES = {
    "text": "文字",
    "long_text": "可换行的文字",
    "date": "日期",
    "decimal": "小数",
    "integer": "整数",
    "year": "年份",
    "code": "代码",
    "codes": "多个代码",
}
_UNITS = {"characters": "字", "bytes": "字节"}
_ASPECTS = {
    "code": "代码",
    "length": "长度",
    "required": "是否必填",
    "position": "次序",
    "codes": "代码表",
    "separator": "分隔符",
}
"""What the tables call it → what their readers call it."""


def format_pages() -> dict[str, str]:
    """Return path below ``docs/`` → the page."""
    tables = formats()
    pages = {"formats/README.md": _index(tables), "formats/codes.md": _codes()}
    for platform, group in groupby(tables, lambda one: one.platform):
        pages[f"formats/{platform}.md"] = _platform(platform, list(group))
    return pages


def _index(tables: list[FormatTable]) -> str:
    found = {(one.platform, one.kind): summarise(one) for one in tables}
    rows = []
    for kind in reported_kinds():
        cells = []
        for platform in platforms():
            one = found.get((platform, kind.identifier))
            cells.append(
                "–"
                if one is None
                else f"[{one.fields}]({platform}.md) / {one.confirmed} / "
                f"{one.fields - one.confirmed}"
            )
        rows.append((f"{kind.name} `{kind.identifier}`", *cells))
    return page(
        "# 报送格式 Formats",
        "各平台每种记录的字段数 / 其中已确认 / 其中参考。短横表示不报送到该平台，理由见"
        " [rules.md](../rules.md#routes)。代码表见 [codes.md](codes.md)。",
        table(("记录类型", *(f"{one.name} `{one.id}`" for one in platforms().values())), rows),
        _STATUS,
        "平台发回的只导入、对照，从不报送："
        + "、".join(f"{one.name} `{one.identifier}`" for one in KINDS.values() if one.incoming)
        + "。",
    )


def _platform(platform: str, tables: list[FormatTable]) -> str:
    blocks: list[str | list[str]] = [
        f"# {platform_name(platform)} `{platform}`",
        "各栏的读法见[总表](README.md)。",
    ]
    order = list(KINDS)
    for one in sorted(tables, key=lambda one: order.index(one.kind)):
        blocks += [*_head(one), table(_COLUMNS, _rows(one))]
    return page(*blocks)


def _head(one: FormatTable) -> Iterator[str | list[str]]:
    told = summarise(one)
    yield f"## {KINDS[one.kind].name} `{one.kind}`"
    yield one.title
    facts = [
        ("版本 edition", one.edition),
        ("状态 status", _status(one.status)),
        ("字段数 fields", f"{told.fields}，其中已确认 {told.confirmed}"),
        ("识别同一条记录的字段 key", "、".join(code(field) for field in one.key_fields)),
        ("字符集 charset", one.charset),
        ("是否向社会公开 public", "是" if one.public else "否"),
        ("无效标记 void", "、".join(f"`{k}` = {v}" for k, v in one.void.items()) or "无"),
        ("来源 source", one.source),
    ]
    yield table(("项目", "内容"), facts)


_COLUMNS = (
    "序号",
    "字段代码 code",
    "名称 name",
    "取自 from",
    "类型 type",
    "长度 length",
    "必填 required",
    "代码表 codes",
    "状态 status",
    "未确认的方面 unconfirmed",
    "来源 source",
    "备注 note",
)


def _rows(one: FormatTable) -> Iterator[tuple[object, ...]]:
    names = KINDS[one.kind].labels
    for number, field in enumerate(one.fields, start=1):
        yield (
            number,
            code(field.code),
            field.name,
            code(field.source_path or "") or f"固定值 {field.constant}",
            _TYPES[field.type],
            _length(field),
            _required(field, names),
            f"[{field.codes}](codes.md#{field.codes})" if field.codes is not None else "",
            _status(field.status),
            "、".join(_ASPECTS[one] for one in field.unconfirmed),
            field.source,
            field.note,
        )


def _status(status: Status) -> str:
    return f"{_STATUS_WORDS[status]} {status.value}"


def _length(field: FormatField) -> str:
    if field.pattern is not None:
        return field.pattern
    decimals = f"，小数 {field.decimals} 位" if field.decimals is not None else ""
    unit = "位" if field.decimals is not None else _UNITS[field.unit]
    return f"{field.length} {unit}{decimals}"


def _required(field: FormatField, names: Mapping[str, str]) -> str:
    said = {"always": "必填", "never": "否", "when": ""}[field.required]
    if field.required_when:
        said = f"{in_words(field.required_when, names)}时必填"
    if field.blank_when:
        said += f"；{in_words(field.blank_when, names)}时留空"
    return said


def _code_tables() -> list[CodeTable]:
    """Return the code tables that the formats name, each once, by name."""
    found: dict[str, CodeTable] = {}
    for platform, kind in known_formats():
        tables = load_table_set(platform, kind)
        found.update({} if tables is None else tables.codes)
    return [found[name] for name in sorted(found)]


def _codes() -> str:
    blocks: list[str | list[str]] = [
        "# 代码表 Code tables",
        "本系统的用词，和报送给平台的内容。",
    ]
    for one in _code_tables():
        blocks += [
            f"## {one.name}",
            f"{one.title}。状态：{_status(one.status)}。来源：{one.source}",
            *([one.note] if one.note else []),
            table(
                ("用词 word", "报送 sent", "后写具体种类 detail", "备注 note"),
                [
                    (entry.word, code(entry.wire), "是" if entry.detail else "", entry.note)
                    for entry in one.entries
                ],
            ),
        ]
    return page(*blocks)
