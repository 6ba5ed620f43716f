"""The directory of what is collected in the words of those who read it (采集目录的文字)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from xinqiao.reports.catalogue import Destination, Entry, Limit, Told
from xinqiao.routing.information import CLASSES
from xinqiao.routing.publication import LEVELS

_LEVELS = {level.value: word for level, word in LEVELS.items()}
_CLASSES = {one.value: word for one, word in CLASSES.items()}

COLUMNS: tuple[tuple[str, int], ...] = (
    ("记录类型", 14),
    ("采集主体", 18),
    ("采集对象", 24),
    ("去向平台", 26),
    ("数据标准", 30),
    ("时限", 26),
    ("变更、撤销时限", 26),
    ("办理时限", 24),
    ("时限依据", 38),
    ("公开范围", 24),
    ("信息性质", 16),
    ("个人证件号码", 8),
    ("导入模板", 20),
    ("备注", 24),
)
"""Headings of the directory, and their widths in Latin letters."""

INCOMING_COLUMNS: tuple[tuple[str, int], ...] = (
    ("记录类型", 20),
    ("来自平台", 34),
    ("收取单位", 26),
    ("内容", 30),
    ("公开范围", 24),
    ("信息性质", 16),
    ("个人证件号码", 8),
    ("导入模板", 26),
    ("依据", 40),
)


def line(entry: Entry) -> tuple[str, ...]:
    """Return one line of what we collect, in the order of :data:`COLUMNS`."""
    ways = entry.destinations
    return (
        f"{entry.name}\n{entry.kind}",
        entry.department,
        entry.subjects,
        _lines(_places(ways)),
        _lines(_standard(one) for one in ways),
        _lines(_limits(ways)),
        _lines(_changes(ways)),
        _lines(_length(one) for one in entry.handling),
        _lines(_bases(entry)),
        told(entry.publication, _LEVELS),
        told(entry.information, _CLASSES, basis=False),
        "含" if entry.identity_data else "不含",
        template_command(entry.kind),
        entry.note,
    )


def incoming_line(entry: Entry) -> tuple[str, ...]:
    """Return one line of what comes back to us, in the order of :data:`INCOMING_COLUMNS`."""
    return (
        f"{entry.name}\n{entry.kind}",
        _lines(entry.senders),
        entry.department,
        entry.subjects,
        told(entry.publication, _LEVELS),
        told(entry.information, _CLASSES, basis=False),
        "含" if entry.identity_data else "不含",
        template_command(entry.kind),
        entry.basis,
    )


def template_command(kind: str) -> str:
    """Return the command that writes the empty workbook of a kind."""
    return f"xinqiao formats template {kind}"


def told(rows: Iterable[Told], words: Mapping[str, str], *, basis: bool = True) -> str:
    """Return what a table says of a kind's records, one line for each row."""
    return _lines(
        f"{words[row.word]}"
        + (f"（{row.condition}）" if row.condition else "")
        + (f"：{row.basis}" if basis else "")
        for row in rows
    )


def _places(ways: Sequence[Destination]) -> Iterator[str]:
    """Yield each platform with what keeps some records from it."""
    # of the rows of a platform the last one takes what those before it left
    for one in {one.platform: one for one in ways}.values():
        remarks = [
            *([] if one.taken else ["未打开"]),
            *([one.condition] if one.condition else []),
            *(["自然人的除外"] if one.only_organisations else []),
        ]
        yield one.name + (f"（{'；'.join(remarks)}）" if remarks else "")


def _standard(one: Destination) -> str:
    form = one.format
    return f"{form.title}，{form.edition} 版，{form.fields} 项（已确认 {form.confirmed} 项）"


def _limits(ways: Sequence[Destination]) -> Iterator[str]:
    """Yield the time limit of each platform, with the condition where it has several."""
    for one in ways:
        rules = {other.rule for other in ways if other.platform == one.platform}
        condition = one.condition if len(rules) > 1 else ""
        yield f"{one.name}：{_length(replace(one.limit, condition=condition))}"


def _changes(ways: Sequence[Destination]) -> Iterator[str]:
    """Yield the limit of each platform for what is changed or withdrawn."""
    for one in ways:
        if one.change is None:
            continue
        rules = {other.change for other in ways if other.platform == one.platform}
        several = len({other.rule for other in rules if other is not None}) > 1
        condition = one.change.condition if several else ""
        yield f"{one.name}：{_length(replace(one.change, condition=condition))}"


def _length(limit: Limit) -> str:
    internal = "" if limit.legal else "内部时限，"
    which = f"，{limit.condition}" if limit.condition else ""
    return f"自{limit.starts}起 {limit.days} 个工作日（{internal}{limit.rule}{which}）"


def _bases(entry: Entry) -> Iterator[str]:
    ways = entry.destinations
    changes = (one.change for one in ways if one.change is not None)
    for limit in (*(one.limit for one in ways), *changes, *entry.handling):
        yield f"{limit.rule}　{limit.basis}"


def _lines(texts: Iterable[str]) -> str:
    """Return the texts below each other, each once."""
    return "\n".join(dict.fromkeys(texts))
