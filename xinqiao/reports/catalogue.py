"""The directory of what is collected (采集目录): by whom, about whom, in which form, by when.

The county plan 源交政字〔2023〕14号 asks for it: 采集主体、采集对象、数据标准、时限. Nothing is
said here that another table does not say: rules, routes, publication, classes, formats.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xinqiao.mapping.registry import Formats
from xinqiao.mapping.tables import FormatTable, Status
from xinqiao.records.condition_words import in_words
from xinqiao.records.conditions import Condition
from xinqiao.records.kind import About, Kind
from xinqiao.records.kinds import KINDS
from xinqiao.routing.collection import Collected, collection
from xinqiao.routing.information import information_classes
from xinqiao.routing.platforms import platform_name
from xinqiao.routing.publication import publication_rules
from xinqiao.routing.routes import Default, Route, is_open, routes_of
from xinqiao.routing.rules import BUREAU, DutyRule, OpensOn, rule, rules
from xinqiao.routing.switches import Switches


@dataclass(frozen=True, slots=True)
class FormatSummary:
    """The format that a platform is sent (数据标准).

    Attributes:
        title: Chinese title of the table.
        edition: Its edition, such as ``2018``.
        fields: How many fields it has.
        confirmed: How many of them an official text or the platform's owner asks for.
        status: ``confirmed`` only when everything about every field is.
    """

    title: str
    edition: str
    fields: int
    confirmed: int
    status: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One time limit (时限).

    Attributes:
        rule: Its identifier.
        days: Its length in working days.
        starts: What it runs from, in Chinese.
        legal: Whether law or an official document sets it; False is an 内部时限.
        basis: Law and article or document, in Chinese.
        condition: Chinese: which of the records; empty for all, or for all others.
    """

    rule: str
    days: int
    starts: str
    legal: bool
    basis: str
    condition: str


@dataclass(frozen=True, slots=True)
class Destination:
    """One platform that records of a kind go to, or may go to.

    Attributes:
        platform: Identifier.
        name: Chinese name.
        taken: Whether records go there now; False for a route that is off and can be switched on.
        condition: Chinese: which of the records go there; empty for all of them.
        only_organisations: Whether records about natural persons, which the kind has, stay away.
        rule: Identifier of the time limit.
        days: Its length in working days.
        starts: What it runs from, in Chinese.
        legal: Whether law or an official document sets it; False is an 内部时限.
        basis: Law and article or document of the time limit.
        change: The limit for a change or revocation; None where there is none.
        note: Source of the route.
        format: What is sent.
    """

    platform: str
    name: str
    taken: bool
    condition: str
    only_organisations: bool
    rule: str
    days: int
    starts: str
    legal: bool
    basis: str
    change: Limit | None
    note: str
    format: FormatSummary

    @property
    def limit(self) -> Limit:
        """The time limit of the first report."""
        return Limit(self.rule, self.days, self.starts, self.legal, self.basis, self.condition)


@dataclass(frozen=True, slots=True)
class Told:
    """What a table says of some of a kind's records: publication, or class of information.

    Attributes:
        word: Identifier of what it says, such as ``public``.
        condition: Chinese: which records; empty for all, or for all others.
        basis: Law and article, in Chinese.
    """

    word: str
    condition: str
    basis: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the directory.

    Attributes:
        kind: Identifier of the kind.
        name: Chinese name.
        incoming: Whether it comes back from platforms instead of going there.
        department: Who collects it (采集主体).
        subjects: Whom and what it is about (采集对象).
        basis: What says who collects it.
        senders: Chinese names of the platforms that it comes from; none for what we collect.
        destinations: The platforms that it goes to, or may go to.
        handling: How soon the bureau must handle it itself (办理); none for most.
        publication: Who may see it.
        information: Of which class it is.
        identity_data: Whether it holds identity numbers.
        note: Remark, or empty.
    """

    kind: str
    name: str
    incoming: bool
    department: str
    subjects: str
    basis: str
    senders: tuple[str, ...]
    destinations: tuple[Destination, ...]
    handling: tuple[Limit, ...]
    publication: tuple[Told, ...]
    information: tuple[Told, ...]
    identity_data: bool
    note: str


def catalogue(switches: Switches, formats: Formats) -> list[Entry]:
    """Return the directory, one entry for each kind, what comes back to us last.

    Args:
        switches: Checked switches of the workspace; empty for the tables as they are shipped.
        formats: The format tables in use.

    Raises:
        SettingsError: A format table is broken.
    """
    return [
        _entry(kind, collection()[kind.identifier], switches.get(kind.identifier, {}), formats)
        for kind in KINDS.values()
    ]


def _entry(
    kind: Kind, collected: Collected, switches: Mapping[str, bool], formats: Formats
) -> Entry:
    name = kind.identifier
    return Entry(
        kind=name,
        name=kind.name,
        incoming=kind.incoming,
        department=collected.department,
        subjects=collected.subjects,
        basis=collected.basis,
        senders=tuple(platform_name(one) for one in collected.senders),
        destinations=tuple(
            _destination(kind, route, rule(route.rule), formats, taken=is_open(route, switches))
            for route in routes_of(name)
            if route.default is not Default.NEVER and route.rule is not None
        ),
        handling=tuple(
            _limit(one, kind.labels[one.starts_from], _condition(kind, one.when))
            for one in rules().values()
            if BUREAU in one.platforms and name in one.kinds
        ),
        publication=tuple(_publication(kind)),
        information=tuple(
            Told(row.information.value, _condition(kind, row.when), row.basis)
            for row in information_classes()[name]
        ),
        identity_data=bool(kind.identity_fields),
        note=collected.note,
    )


def _publication(kind: Kind) -> Iterator[Told]:
    """Yield who may see records of ``kind``; natural persons before the rows they overrule."""
    rows, persons = publication_rules().rows[kind.identifier], publication_rules().persons
    if kind.about is not About.ORGANISATIONS and any(row.is_public for row in rows):
        yield Told(persons.level.value, "自然人的", persons.basis)
    for row in rows:
        yield Told(row.level.value, _condition(kind, row.when), row.basis)


def _limit(limit: DutyRule, starts: str, condition: str) -> Limit:
    return Limit(limit.id, limit.days, starts, limit.legal, limit.basis, condition)


def _destination(
    kind: Kind, route: Route, limit: DutyRule, formats: Formats, *, taken: bool
) -> Destination:
    condition = _condition(kind, route.when)
    change = None if route.change_rule is None else rule(route.change_rule)
    return Destination(
        platform=route.platform,
        name=platform_name(route.platform),
        taken=taken,
        condition=condition,
        only_organisations=not route.natural_persons and kind.about is not About.ORGANISATIONS,
        rule=limit.id,
        days=limit.days,
        starts=starts_of(kind, limit),
        legal=limit.legal,
        basis=limit.basis,
        change=None if change is None else _limit(change, starts_of(kind, change), condition),
        note=route.note,
        format=summarise(formats.of(route.platform, kind.identifier).table),
    )


def starts_of(kind: Kind, limit: DutyRule) -> str:
    """Return what a time limit runs from for records of ``kind``, in Chinese."""
    if limit.opens_on is OpensOn.RECORDED:
        return "导入本系统之日"
    if limit.opens_on is OpensOn.CHANGE:
        return "变更、撤销之日"
    first, *others = (kind.labels[path] for path in kind.decision_date_fields)
    return first + "".join(f"（没有的，{other}）" for other in others)


def summarise(table: FormatTable) -> FormatSummary:
    """Return what the directory says of a format."""
    return FormatSummary(
        title=table.title,
        edition=table.edition,
        fields=len(table.fields),
        confirmed=sum(field.status is Status.CONFIRMED for field in table.fields),
        status=table.status.value,
    )


def formats_without_route() -> list[tuple[str, str]]:
    """Return platform and kind of format tables that no route leads to."""
    reachable = {
        (route.platform, kind)
        for kind in KINDS
        for route in routes_of(kind)
        if route.default is not Default.NEVER
    }
    return [place for place in Formats().known() if place not in reachable]


def _condition(kind: Kind, when: tuple[Condition, ...]) -> str:
    return in_words(when, kind.labels)
