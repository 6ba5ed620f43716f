"""The page of the rules (报送规则): duties, routes, publication, exemptions, classes."""

from collections.abc import Sequence

from xinqiao.documents.markdown import code, page, table
from xinqiao.records.condition_words import in_words
from xinqiao.records.conditions import Condition
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.routing.collection import collection
from xinqiao.routing.exemptions import exemptions
from xinqiao.routing.information import CLASSES, information_classes
from xinqiao.routing.platforms import platform_name
from xinqiao.routing.publication import LEVELS, publication_rules
from xinqiao.routing.routes import routes_of
from xinqiao.routing.rules import BUREAU, rules
from xinqiao.routing.severities import severities

_CONFIDENCE = """\
Confidence of a basis: `law_text` the law's own text was read, `document` an official document's
text was read, `web` only a page that reprints or quotes it, `proposal` this project's own
suggestion."""

_JOINT_CASES = """\
Cases of joint reward and punishment (联合奖惩案例) are out of scope. The lists that such a case
names (对象清单, 措施清单, 成效清单) and their codes are not public, and no format of any of the
four platforms for them is known. What a case says happens at other authorities, which the bureau's
own records cannot prove. Such cases are entered at the platform by hand."""


def rule_pages() -> dict[str, str]:
    """Return path below ``docs/`` → the page."""
    return {
        "rules.md": page(
            "# Rules",
            "What is owed to whom, by when, and who may see it. The tables stand in"
            " `xinqiao/routing/*.toml`; `xinqiao routes explain` tells which rows hold for one"
            " record.",
            _CONFIDENCE,
            "## Duties",
            "A limit that is not legal is an 内部时限: shown, never called overdue (逾期), and in"
            " no figure.",
            _duties(),
            "## Routes",
            "Of the rows of one kind and platform the first that takes a record holds. What is"
            " `off` can be switched on, and what is `on` off, in `xinqiao.toml`, section"
            " `[routes.KIND]`; `never` cannot be switched.",
            _routes(),
            "## Publication",
            "Natural persons' records are never public, whatever the rows say: "
            + publication_rules().persons.basis
            + ".",
            _publication(),
            "## How long dishonesty is shown",
            "For "
            + ", ".join(code(kind) for kind in sorted(severities().kinds))
            + ". A person says how grave it is; nothing is taken down by a class that nobody"
            " entered. Outer bound, only told: "
            + f"{severities().outer_bound.years} years, {severities().outer_bound.basis} "
            f"({severities().outer_bound.note}).",
            _periods(),
            "## Owed to nobody",
            "Switched in `xinqiao.toml`, section `[exemptions]`.",
            _exemptions(),
            "## Classes of information",
            _classes(),
            "## Who collects what",
            _collection(),
            "## Not covered",
            _JOINT_CASES,
        )
    }


def _duties() -> list[str]:
    return table(
        (
            "id",
            "title",
            "kinds",
            "platforms",
            "days",
            "from",
            "when",
            "closed when",
            "legal",
            "basis",
            "confidence",
            "note",
        ),
        [
            (
                one.id,
                one.title,
                ", ".join(code(kind) for kind in KINDS if kind in one.kinds),
                ", ".join(
                    "the bureau itself" if name == BUREAU else code(name)
                    for name in sorted(one.platforms)
                ),
                f"{one.days} working days",
                one.opens_on.value + (f" `{one.starts_from}`" if one.starts_from else ""),
                *(
                    in_words(rows, KINDS[min(one.kinds)].labels)
                    for rows in (one.when, one.closes_when)
                ),
                "yes" if one.legal else "no",
                one.basis,
                one.confidence.value,
                one.note,
            )
            for one in rules().values()
        ],
    )


def _routes() -> list[str]:
    return table(
        ("kind", "platform", "default", "when", "natural persons", "first", "change", "why"),
        [
            (
                code(kind.identifier),
                code(row.platform),
                row.default.value,
                _when(kind.identifier, row.when),
                "yes" if row.natural_persons else "no",
                row.rule or "–",
                row.change_rule or "–",
                row.note,
            )
            for kind in reported_kinds()
            for row in routes_of(kind.identifier)
        ],
    )


def _publication() -> list[str]:
    return table(
        ("kind", "level", "when", "basis", "confidence", "note"),
        [
            (
                code(kind),
                f"{LEVELS[row.level]} `{row.level.value}`",
                _when(kind, row.when),
                row.basis,
                row.confidence.value,
                row.note,
            )
            for kind in KINDS
            for row in publication_rules().rows[kind]
        ],
    )


def _periods() -> list[str]:
    return table(
        ("class", "shown", "repair after", "at most", "basis", "confidence", "note"),
        [
            (
                one.word,
                "yes" if one.published else "no, unless a person says so",
                f"{one.shortest_months} months",
                f"{one.longest_months} months",
                one.basis,
                one.confidence.value,
                one.note,
            )
            for one in severities().classes.values()
        ],
    )


def _exemptions() -> list[str]:
    return table(
        ("id", "title", "kinds", "when", "default", "basis", "confidence", "note"),
        [
            (
                code(one.id),
                one.title,
                ", ".join(code(kind) for kind in sorted(one.kinds)),
                f"`{one.field}`: {'、'.join(sorted(one.words))}",
                one.default,
                one.basis,
                one.confidence.value,
                one.note,
            )
            for one in exemptions().values()
        ],
    )


def _classes() -> list[str]:
    return table(
        ("kind", "class", "when", "basis", "confidence", "note"),
        [
            (
                code(kind),
                f"{CLASSES[row.information]} `{row.information.value}`",
                _when(kind, row.when),
                row.basis,
                row.confidence.value,
                row.note,
            )
            for kind in KINDS
            for row in information_classes()[kind]
        ],
    )


def _collection() -> list[str]:
    return table(
        ("kind", "name", "department", "about", "comes from", "basis", "confidence", "note"),
        [
            (
                code(kind),
                KINDS[kind].name,
                one.department,
                one.subjects,
                "、".join(platform_name(sender) for sender in one.senders),
                one.basis,
                one.confidence.value,
                one.note,
            )
            for kind, one in ((kind, collection()[kind]) for kind in KINDS)
        ],
    )


def _when(kind: str, when: Sequence[Condition]) -> str:
    return in_words(when, KINDS[kind].labels)
