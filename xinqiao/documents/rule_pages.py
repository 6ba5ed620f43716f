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
from xinqiao.routing.routes import Default, routes_of
from xinqiao.routing.rules import BUREAU, Confidence, OpensOn, rules
from xinqiao.routing.severities import severities

_CONFIDENCE_WORDS = {
    Confidence.LAW_TEXT: "已核对法条原文",
    Confidence.DOCUMENT: "已核对文件原文",
    Confidence.WEB: "只见网页转载",
    Confidence.PROPOSAL: "本系统建议",
}
_DEFAULTS = {
    Default.ON: "默认报送",
    Default.OFF: "默认不报送",
    Default.NEVER: "不报送",
}
_SWITCHES = {"on": "默认不报送", "off": "默认报送"}
"""What an exemption that is in force, or is not, means for its records."""

_OPENS_ON = {
    OpensOn.DECISION: "作出决定之日",
    OpensOn.RECORDED: "导入本系统之日",
    OpensOn.CHANGE: "变更、撤销之日",
    OpensOn.RECEIVED: "收到申请之日",
}

_JOINT_CASES = """\
联合奖惩案例不在范围内。案例所指的对象清单、措施清单、成效清单及其代码没有公开，四个平台都没有
已知的格式；案例所写的事情发生在别的部门，本单位自己的记录不能证明。这类案例由人在平台上录入。"""


def rule_pages() -> dict[str, str]:
    """Return path below ``docs/`` → the page."""
    bound = severities().outer_bound
    return {
        "rules.md": page(
            "# 报送规则 Rules",
            "什么报到哪里、什么时限、谁可以看到。表在 `xinqiao/routing/*.toml`；"
            "某一条记录适用哪几行，用 `xinqiao routes explain` 查看。",
            "依据的可信程度："
            + "，".join(f"`{one.value}` {word}" for one, word in _CONFIDENCE_WORDS.items())
            + "。",
            "## 时限 Duties",
            "“法定”一栏为否的是内部时限：照样显示，从不称逾期，也不进考核数字。",
            _duties(),
            *_heading("报送去向 Routes", "routes"),
            "同一记录类型、同一平台有几行的，自上而下第一条符合的为准。默认报送（`on`）的可以关闭，"
            "默认不报送（`off`）的可以打开，写在 `xinqiao.toml` 的 `[routes.记录类型]`；"
            "不报送（`never`）的不能打开。",
            _routes(),
            "## 公开范围 Publication",
            f"自然人的记录不论下表怎么写，都不向社会公开：{publication_rules().persons.basis}。",
            _publication(),
            "## 公示多久 How long dishonesty is shown",
            "适用于"
            + "、".join(code(kind) for kind in sorted(severities().kinds))
            + "。失信程度由人认定；没有认定的，不因程度而下架。"
            f"最长披露期限（只作提示）：{bound.years} 年，{bound.basis}（{bound.note}）。",
            _periods(),
            "## 不报送 Owed to nobody",
            "在 `xinqiao.toml` 的 `[exemptions]` 里开关。",
            _exemptions(),
            "## 信息性质 Classes of information",
            _classes(),
            "## 采集分工 Who collects what",
            _collection(),
            *_heading("不在范围内 Not covered", "not-covered"),
            _JOINT_CASES,
        )
    }


def _heading(text: str, anchor: str) -> tuple[str, str]:
    """Return a heading that other pages link to, whatever its words are."""
    return f'<a id="{anchor}"></a>', f"## {text}"


def _duties() -> list[str]:
    return table(
        (
            "编号 id",
            "名称 title",
            "记录类型 kinds",
            "平台 platforms",
            "期限 days",
            "起算 from",
            "适用于 when",
            "办结条件 closed when",
            "法定 legal",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                one.id,
                one.title,
                "、".join(code(kind) for kind in KINDS if kind in one.kinds),
                ", ".join(
                    "本单位办理" if name == BUREAU else code(name) for name in sorted(one.platforms)
                ),
                f"{one.days} 个工作日",
                _OPENS_ON[one.opens_on] + (f" `{one.starts_from}`" if one.starts_from else ""),
                *(
                    in_words(rows, KINDS[min(one.kinds)].labels)
                    for rows in (one.when, one.closes_when)
                ),
                "是" if one.legal else "否",
                one.basis,
                _confidence(one.confidence),
                one.note,
            )
            for one in rules().values()
        ],
    )


def _routes() -> list[str]:
    return table(
        (
            "记录类型 kind",
            "平台 platform",
            "默认 default",
            "适用于 when",
            "含自然人 natural persons",
            "时限 rule",
            "变更时限 change",
            "依据或者理由 note",
        ),
        [
            (
                code(kind.identifier),
                code(row.platform),
                f"{_DEFAULTS[row.default]} {row.default.value}",
                _when(kind.identifier, row.when),
                "是" if row.natural_persons else "否",
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
        (
            "记录类型 kind",
            "公开范围 level",
            "适用于 when",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                code(kind),
                f"{LEVELS[row.level]} `{row.level.value}`",
                _when(kind, row.when),
                row.basis,
                _confidence(row.confidence),
                row.note,
            )
            for kind in KINDS
            for row in publication_rules().rows[kind]
        ],
    )


def _periods() -> list[str]:
    return table(
        (
            "分类 class",
            "是否公示 shown",
            "多久可修复 repair after",
            "最长公示 at most",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                one.word,
                "是" if one.published else "否，由人决定公示的除外",
                f"{one.shortest_months} 个月",
                f"{one.longest_months} 个月",
                one.basis,
                _confidence(one.confidence),
                one.note,
            )
            for one in severities().classes.values()
        ],
    )


def _exemptions() -> list[str]:
    return table(
        (
            "编号 id",
            "名称 title",
            "记录类型 kinds",
            "适用于 when",
            "默认 default",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                code(one.id),
                one.title,
                ", ".join(code(kind) for kind in sorted(one.kinds)),
                f"`{one.field}`: {'、'.join(sorted(one.words))}",
                f"{_SWITCHES[one.default]} {one.default}",
                one.basis,
                _confidence(one.confidence),
                one.note,
            )
            for one in exemptions().values()
        ],
    )


def _classes() -> list[str]:
    return table(
        (
            "记录类型 kind",
            "分类 class",
            "适用于 when",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                code(kind),
                f"{CLASSES[row.information]} `{row.information.value}`",
                _when(kind, row.when),
                row.basis,
                _confidence(row.confidence),
                row.note,
            )
            for kind in KINDS
            for row in information_classes()[kind]
        ],
    )


def _collection() -> list[str]:
    return table(
        (
            "记录类型 kind",
            "名称 name",
            "采集主体 department",
            "采集对象 about",
            "来自 comes from",
            "依据 basis",
            "可信程度 confidence",
            "备注 note",
        ),
        [
            (
                code(kind),
                KINDS[kind].name,
                one.department,
                one.subjects,
                "、".join(platform_name(sender) for sender in one.senders),
                one.basis,
                _confidence(one.confidence),
                one.note,
            )
            for kind, one in ((kind, collection()[kind]) for kind in KINDS)
        ],
    )


def _confidence(confidence: Confidence) -> str:
    return _CONFIDENCE_WORDS[confidence]


def _when(kind: str, when: Sequence[Condition]) -> str:
    return in_words(when, KINDS[kind].labels)
