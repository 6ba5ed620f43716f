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
*Confirmed* means that an official text or the document of the platform's owner asks for the
field. What such a text leaves open about it (its code, length, obligation, position, list of
values) stands under *unconfirmed*. Everything else is *reference*: seen in other systems' code or
data, remembered, or designed here, and to be corrected when the platform's owner hands over the
real table."""


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
        "# Formats",
        "What each platform is sent of each kind of record: number of fields / of them confirmed /"
        " of them reference. A dash means that the kind is not reported there; why stands in"
        " [rules.md](../rules.md#routes). Lists of values stand in [codes.md](codes.md).",
        table(("kind", *(f"{one.name} `{one.id}`" for one in platforms().values())), rows),
        _STATUS,
        "Kinds that come back from platforms are imported and compared, never sent: "
        + ", ".join(f"{one.name} `{one.identifier}`" for one in KINDS.values() if one.incoming)
        + ".",
    )


def _platform(platform: str, tables: list[FormatTable]) -> str:
    blocks: list[str | list[str]] = [
        f"# {platform_name(platform)} `{platform}`",
        "How to read the columns stands in the [index](README.md).",
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
        ("edition", one.edition),
        ("status", one.status.value),
        ("fields", f"{told.fields}, of them {told.confirmed} confirmed"),
        ("key", ", ".join(code(field) for field in one.key_fields)),
        ("charset", one.charset),
        ("shown to everybody", "yes" if one.public else "no"),
        ("mark of a void record", ", ".join(f"`{k}` = {v}" for k, v in one.void.items()) or "none"),
        ("source", one.source),
    ]
    yield table(("fact", "value"), facts)


_COLUMNS = (
    "#",
    "code",
    "name",
    "from",
    "type",
    "length",
    "required",
    "codes",
    "status",
    "unconfirmed",
    "source",
    "note",
)


def _rows(one: FormatTable) -> Iterator[tuple[object, ...]]:
    names = KINDS[one.kind].labels
    for number, field in enumerate(one.fields, start=1):
        yield (
            number,
            code(field.code),
            field.name,
            code(field.source_path or "") or f"constant {field.constant}",
            field.type,
            _length(field),
            _required(field, names),
            f"[{field.codes}](codes.md#{field.codes})" if field.codes is not None else "",
            "confirmed" if field.status is Status.CONFIRMED else "reference",
            ", ".join(field.unconfirmed),
            field.source,
            field.note,
        )


def _length(field: FormatField) -> str:
    if field.pattern is not None:
        return field.pattern
    decimals = f", {field.decimals} decimals" if field.decimals is not None else ""
    unit = "digits" if field.decimals is not None else field.unit
    return f"{field.length} {unit}{decimals}"


def _required(field: FormatField, names: Mapping[str, str]) -> str:
    said = {"always": "always", "never": "no", "when": ""}[field.required]
    if field.required_when:
        said = f"when {in_words(field.required_when, names)}"
    if field.blank_when:
        said += f"; blank when {in_words(field.blank_when, names)}"
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
        "# Code tables",
        "Our word, and what a platform is sent for it.",
    ]
    for one in _code_tables():
        blocks += [
            f"## {one.name}",
            f"{one.title}. Status: {one.status.value}. Source: {one.source}",
            *([one.note] if one.note else []),
            table(
                ("word", "sent", "followed by the concrete kind", "note"),
                [
                    (entry.word, code(entry.wire), "yes" if entry.detail else "", entry.note)
                    for entry in one.entries
                ],
            ),
        ]
    return page(*blocks)
