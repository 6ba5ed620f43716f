"""What platforms say of our subjects beside what we say ourselves (评级对照).

Grades, the watch list and public evaluations come back from platforms. They are compared with our
own assessments, never computed and never published by us. Subjects are matched by the keyed hash of
their number, so no number is decrypted here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import PRESENT_VERSION, record, record_version, withdrawal
from xinqiao.privacy.keys import is_token
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.records.fields import YES, iso_date
from xinqiao.records.kind import CATEGORY, PERSON_WORDS
from xinqiao.records.quality_scales import quality_scales
from xinqiao.records.safety_grade import GRADES
from xinqiao.records.safety_scale import safety_scale

_KINDS = ("operator", "quality_assessment", "safety_grade", "safety_watch", "evaluation")
_HIDDEN = "（内容已加密）"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that does not fit (矛盾).

    Attributes:
        code: English identifier.
        message: Chinese text: what contradicts what.
    """

    code: str
    message: str


@dataclass(slots=True)
class Standing:
    """One subject, as we and the platforms see it.

    Attributes:
        name: Name of the subject, of its latest record.
        person: Whether it is a natural person.
        credit_code: 统一社会信用代码; empty for persons and where no record tells it.
        operator: Whether it is among our operators.
        assessments: Our latest quality assessment of each object, newest first.
        safety: The safety grade in force, if there is one.
        previous_grade: The one before it; empty if there is none.
        direction: How the grade moved: ``up``, ``down``, ``same``; empty without a previous one.
        watched: Entries of the watch list that it stands on now.
        evaluation: The latest public evaluation, if there is one.
        doubts: What does not fit.
    """

    name: str = ""
    person: bool = False
    credit_code: str = ""
    operator: bool = False
    assessments: list[dict[str, Any]] = field(default_factory=list)
    safety: dict[str, Any] | None = None
    previous_grade: str = ""
    direction: str = ""
    watched: list[dict[str, Any]] = field(default_factory=list)
    evaluation: dict[str, Any] | None = None
    doubts: list[Doubt] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Return the line as ``--json`` shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which subjects a person asks for; None and False mean all.

    Attributes:
        name: A part of the name.
        grade: The safety grade.
        watched: Only those on the watch list.
        doubtful: Only those with contradictions.
    """

    name: str | None = None
    grade: str | None = None
    watched: bool = False
    doubtful: bool = False

    def fits(self, one: Standing) -> bool:
        """Tell whether a subject is asked for."""
        return (
            (self.name is None or self.name in one.name)
            and (self.grade is None or (one.safety or {}).get("grade") == self.grade)
            and (not self.watched or bool(one.watched))
            and (not self.doubtful or bool(one.doubts))
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """One record as it stands."""

    id: str
    kind: str
    content: Mapping[str, str]

    def text(self, path: str) -> str:
        """Return what a field shows; what is encrypted, or looks as if it should be, does not."""
        stored = self.content.get(path, "")
        return _HIDDEN if is_token(stored) else mask_identity_numbers(stored)


def standings(connection: Connection, today: date, wanted: Wanted) -> list[Standing]:
    """Return the subjects that were assessed, graded, watched or evaluated, doubtful ones first.

    Rows with errors and withdrawn ones say nothing.

    Args:
        connection: A reading connection.
        today: Legal date in Asia/Shanghai.
        wanted: Which subjects.
    """
    groups: dict[str, list[_Row]] = {}
    for subject, row in _rows(connection):
        groups.setdefault(subject, []).append(row)
    known = any(row.kind == "operator" for rows in groups.values() for row in rows)
    found = [_standing(rows, today, operators_known=known) for rows in groups.values()]
    told = [one for one in found if one is not None and wanted.fits(one)]
    return sorted(told, key=lambda one: (not one.doubts, one.name))


def _rows(connection: Connection) -> Iterator[tuple[str, _Row]]:
    statement = (
        sa.select(record.c.subject_hash, record.c.id, record.c.kind, record_version.c.content)
        .join(record_version, PRESENT_VERSION)
        .where(
            record.c.kind.in_(_KINDS),
            record.c.subject_hash.is_not(None),
            record_version.c.valid.is_(True),
            record_version.c.content.is_not(None),
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(record.c.created_at, record.c.id)
    )
    for subject, record_id, kind, content in connection.execute(statement):
        yield subject, _Row(record_id, kind, content)


def _standing(rows: Iterable[_Row], today: date, *, operators_known: bool) -> Standing | None:
    """Return one subject's line, or None for an operator of whom nothing more is known."""
    kinds: dict[str, list[_Row]] = {kind: [] for kind in _KINDS}
    for row in rows:
        kinds[row.kind].append(row)
    told = [row for kind in _KINDS[1:] for row in kinds[kind]]
    if not told:
        return None
    made = Standing(operator=bool(kinds["operator"]))
    named = kinds["operator"][-1] if kinds["operator"] else told[-1]
    made.name = named.text("subject.name")
    made.person = any(row.content.get(CATEGORY, "") in PERSON_WORDS for row in told)
    if not made.person:
        codes = (row.text("subject.unified_social_credit_code") for row in (named, *told))
        made.credit_code = next(filter(None, codes), "")
    made.assessments = _assessments(kinds["quality_assessment"])
    _grade(made, kinds["safety_grade"], today)
    made.watched = [
        _told(row, "sector", "situation", "listed_on")
        for row in kinds["safety_watch"]
        if _on_list(row, today)
    ]
    if evaluations := _in_order(kinds["evaluation"], "evaluated_on"):
        made.evaluation = _told(evaluations[-1], "grade", "score", "evaluated_on", "evaluator")
    made.doubts = list(_doubts(made, today, operators_known=operators_known))
    return made


def _assessments(rows: Iterable[_Row]) -> list[dict[str, Any]]:
    latest: dict[str, _Row] = {}
    for row in sorted(rows, key=lambda one: (one.text("year"), one.text("assessed_on"))):
        latest[row.text("assessed_object")] = row
    newest = sorted(latest.values(), key=lambda one: one.text("year"), reverse=True)
    return [_told(row, "assessed_object", "grade", "year") for row in newest]


def _grade(made: Standing, rows: Iterable[_Row], today: date) -> None:
    in_force = [
        row
        for row in _in_order(rows, "valid_from")
        if (iso_date(row.text("valid_from")) or today) <= today
    ]
    if not in_force:
        return
    made.safety = _told(in_force[-1], "grade", "score", "valid_from")
    made.safety["industry_dishonest"] = in_force[-1].content.get("industry_dishonest") == YES
    if len(in_force) > 1:
        made.previous_grade = in_force[-2].text("grade")
        before, now = GRADES.index(made.previous_grade), GRADES.index(made.safety["grade"])
        # the best grade stands first
        made.direction = "same" if before == now else "up" if now < before else "down"


def _on_list(row: _Row, today: date) -> bool:
    gone = iso_date(row.content.get("delisted_on"))
    return gone is None or gone > today


def _in_order(rows: Iterable[_Row], path: str) -> list[_Row]:
    return sorted(rows, key=lambda row: row.text(path))


def _told(row: _Row, *paths: str) -> dict[str, Any]:
    return {"record": row.id, **{path: row.text(path) for path in paths}}


def _is_good(assessment: Mapping[str, str]) -> bool:
    scale = quality_scales().by_object.get(assessment["assessed_object"])
    return scale is not None and assessment["grade"] in scale.good_grades


def _doubts(made: Standing, today: date, *, operators_known: bool) -> Iterator[Doubt]:
    good = [one for one in made.assessments if _is_good(one)]
    ours = "、".join(f"{one['assessed_object']} {one['grade']}（{one['year']}）" for one in good)
    for code, holds, words in _AGAINST_OURS:
        if good and holds(made):
            yield Doubt(code, f"{words(made)}，而本单位的质量信誉考核为 {ours}")
    if operators_known and not (made.operator or made.person):
        yield Doubt("not_an_operator", "经营业户中没有这个主体，请核对代码或补报经营业户")
    stale_after = safety_scale().stale_after
    for what, one, path in (
        ("安全生产信用等级", made.safety, "valid_from"),
        ("公共信用综合评价", made.evaluation, "evaluated_on"),
    ):
        day = iso_date(one[path]) if one is not None else None
        if day is not None and day + stale_after < today:
            asked = f"已超过 {stale_after.days} 天，请到平台核对有无更新"
            yield Doubt("stale", f"{what}是 {day} 的，{asked}")


_AGAINST_OURS: tuple[tuple[str, Callable[[Standing], bool], Callable[[Standing], str]], ...] = (
    (
        "low_grade",
        lambda made: made.safety is not None and made.safety["grade"] in safety_scale().low,
        lambda made: f"安全生产信用等级为 {(made.safety or {})['grade']}",
    ),
    (
        "industry_dishonest",
        lambda made: made.safety is not None and made.safety["industry_dishonest"],
        lambda _: "平台列为行业失信",
    ),
    (
        "watched",
        lambda made: bool(made.watched),
        lambda made: f"在重点关注名单上（{'、'.join(one['sector'] for one in made.watched)}）",
    ),
)
"""Code, what a platform says that a good assessment of ours contradicts, and its words."""
