"""Codes of behaviour in safety credit (行为代码) and the points that go with them.

The official annex (交办安监〔2017〕193号) is not public, so none is shipped: the bureau imports it
as an edition of its own. As long as there is none, any code is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xinqiao.records.fields import whole_number
from xinqiao.records.findings import Finding, Severity
from xinqiao.records.identity_text import quote

PLAIN = "基本"
DISHONEST = "失信"
HONEST = "守信"
INFORMATION_CLASSES = (PLAIN, DISHONEST, HONEST)
"""The words of 信息类别; the names are still to be verified against the annex."""

SIGNS: Mapping[str, str] = {DISHONEST: "不能大于 0", HONEST: "不能小于 0"}
"""Class → what its points may not be."""

DIRECT_GRADE = "D"
"""The only grade to which a behaviour may lead at once (直接定级)."""


def contradicts(information_class: str, points: int) -> bool:
    """Tell whether ``points`` have the wrong sign for their class."""
    return (information_class == DISHONEST and points > 0) or (
        information_class == HONEST and points < 0
    )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row of the table.

    Attributes:
        code: 行为代码.
        information_class: One of :data:`INFORMATION_CLASSES`.
        description: What it is, in Chinese.
        points: What it counts, with a sign; None where it only leads to ``direct_grade``.
        direct_grade: Grade to which it leads at once, or empty.
    """

    code: str
    information_class: str
    description: str
    points: int | None
    direct_grade: str = ""


@dataclass(frozen=True, slots=True)
class BehaviourEdition:
    """One edition of the table (行为代码表的一版).

    Attributes:
        name: Its name, as records state it in 行为代码版本.
        behaviours: Code → row.
    """

    name: str
    behaviours: Mapping[str, Behaviour]


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The editions in force, oldest first; a code without an edition means the last."""

    editions: Sequence[BehaviourEdition] = ()

    def fill_edition(self, kind: str, content: dict[str, str]) -> Finding | None:
        """Write down which edition a code without one means, before a newer one comes into force.

        Returns:
            What was filled in; None where nothing was, also when the last edition has no such code.
        """
        code = content.get("behaviour_code")
        if kind != "safety_info" or code is None or "behaviour_edition" in content:
            return None
        if not self.editions or code not in self.editions[-1].behaviours:
            return None
        content["behaviour_edition"] = name = self.editions[-1].name
        message = f"没有填行为代码版本，已按最新版本填写：{name}"
        return Finding("behaviour_edition", "edition", Severity.CLEANED, message)

    def findings(self, kind: str, content: Mapping[str, str]) -> Iterator[Finding]:
        """Yield what contradicts the table in a record; nothing where no edition is in force."""
        if kind != "safety_info" or not self.editions:
            return
        code = content.get("behaviour_code")
        if code is None:
            if content.get("information_class") in (DISHONEST, HONEST):
                message = "行为代码表已经启用，没有填行为代码，请补填"
                yield Finding("behaviour_code", "asked_for", Severity.WARNING, message)
            return
        edition = self._edition(content.get("behaviour_edition"))
        if edition is None:
            names = "、".join(one.name for one in self.editions)
            message = f"没有这一版行为代码表，已导入的有：{names}，请核对"
            yield Finding("behaviour_edition", "unknown_edition", Severity.ERROR, message)
        elif (row := edition.behaviours.get(code)) is None:
            yield self._unknown_code(code, edition)
        else:
            yield from _differences(row, edition, content)

    def _edition(self, name: str | None) -> BehaviourEdition | None:
        if name is None:
            return self.editions[-1]
        return next((one for one in self.editions if one.name == name), None)

    def _unknown_code(self, code: str, edition: BehaviourEdition) -> Finding:
        elsewhere = "、".join(one.name for one in self.editions if code in one.behaviours)
        hint = f"（{elsewhere} 版里有，按那一版认定的请填行为代码版本）" if elsewhere else ""
        message = f"行为代码{quote(code)}不在 {edition.name} 版行为代码表里{hint}，请核对"
        return Finding("behaviour_code", "unknown_code", Severity.ERROR, message)


def _differences(
    row: Behaviour, edition: BehaviourEdition, content: Mapping[str, str]
) -> Iterator[Finding]:
    where = f"{edition.name} 版行为代码表"
    if content.get("information_class") in set(INFORMATION_CLASSES) - {row.information_class}:
        message = f"这一行为代码在{where}里属于{row.information_class}，请核对信息类别和代码"
        yield Finding("information_class", "differs_from_table", Severity.ERROR, message)
    points = whole_number(content.get("points"))
    if row.points is not None and points != row.points:
        message = f"这一行为代码在{where}里的分值是 {row.points}，请核对分值和代码"
        yield Finding("points", "differs_from_table", Severity.ERROR, message)
    elif row.points is None and points is not None:
        message = f"这一行为代码在{where}里没有分值，请清空此项，或更正代码"
        yield Finding("points", "differs_from_table", Severity.ERROR, message)
    if content.get("direct_grade", "") != row.direct_grade:
        expected = f"直接定为 {row.direct_grade} 级" if row.direct_grade else "不直接定级"
        message = f"这一行为代码在{where}里{expected}，请核对直接定级和代码"
        yield Finding("direct_grade", "differs_from_table", Severity.ERROR, message)


NONE_IN_FORCE = Behaviours()
"""No edition was imported yet: every code is taken."""
