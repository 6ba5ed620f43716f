"""Where a record goes and why, as a person reads it (去向说明)."""

from rich.markup import escape

from xinqiao.commands.output import console
from xinqiao.queue.explaining import AtPlatform, DutyFact, Explanation
from xinqiao.records.condition_words import in_words
from xinqiao.records.kinds import kind_of
from xinqiao.routing.deadlines import Counting
from xinqiao.routing.information import CLASSES
from xinqiao.routing.publication import LEVELS
from xinqiao.routing.rules import rule

_CLOSED = {
    "accepted": "已完成",
    "handled": "已办结",
    "waived": "已免除",
    "adopted": "启用前已报送",
    None: "未完成",
}


def show_explanation(told: Explanation) -> None:
    """Print the explanation."""
    kind = kind_of(told.kind)
    _say(f"{kind.name}　记录 {told.record}，第 {told.version} 版")
    shown = told.publication
    until = f"，公示至 {told.shown_until}" if told.shown_until is not None else ""
    _say(f"公开范围：{LEVELS[shown.level]}{until}（{shown.basis}）{_note(shown.note)}")
    of_class = told.information
    _say(f"信息性质：{CLASSES[of_class.information]}（{of_class.basis}）{_note(of_class.note)}")
    for one in told.platforms:
        _platform(one)
    if told.handling:
        console.print()
        _say("本单位办理")
        for duty in told.handling:
            _duty(duty)


def _platform(one: AtPlatform) -> None:
    console.print()
    held = f"，平台现有第 {one.held_version} 版" if one.held_version is not None else ""
    verdict = "报送" if one.goes else "不报送"
    console.print(f"[bold]{escape(one.name)}[/]　{one.platform}　[bold]{verdict}[/]{held}")
    if one.route is not None:
        asked = in_words(one.route.when, kind_of(one.route.kind).labels)
        _say(f"  去向：{one.route.note}" + (f"（适用于{asked}的）" if asked else ""))
        if one.route.change_rule is not None:
            change = rule(one.route.change_rule)
            _say(f"  变更、撤销：{change.days} 个工作日（{change.id}，{change.basis}）")
    for reason in one.reasons:
        _say(f"  {'暂不能报送' if one.goes else '不报送的理由'}：{reason.message}")
    for duty in one.duties:
        _duty(duty)


def _duty(one: DutyFact) -> None:
    kind = "法定时限" if one.legal else "内部时限"
    provisional = "（暂定）" if one.provisional else ""
    counted = {Counting.EXCLUSIVE: "当日不计入", Counting.INCLUSIVE: "当日计入"}
    _say(
        f"  {kind} {one.due_on}{provisional}　{_CLOSED[one.closed_by]}　{one.rule} {one.title}："
        f"自 {one.starts_on} 起，{counted[Counting(one.counting)]}"
    )
    _say(f"    依据：{one.basis}")


def _note(text: str) -> str:
    return f"　{text}" if text else ""


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
