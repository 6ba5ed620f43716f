"""What waits for a second person, as that person reads it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from xinqiao.commands.output import console, local_time, print_table

if TYPE_CHECKING:
    from xinqiao.queue.reviews import Sheet
    from xinqiao.queue.to_review import Deadline, Line

_NAMED_FIELDS = 4


def show_lines(lines: "Sequence[Line]", total: int, *, returned: bool) -> None:
    """Print versions that wait, or were returned, and what can be done with them.

    Args:
        lines: Those that are shown.
        total: How many there are.
        returned: Whether they were returned.
    """
    from xinqiao.records.kinds import kind_of
    from xinqiao.routing.platforms import short_platform_name

    last = "退回" if returned else "改动"
    print_table(
        ["记录", "类型", "编号", "名称", "科室", "导入", "报往", "最迟", "剩余", last],
        [
            (
                one.record[:8],
                kind_of(one.kind).name,
                one.called,
                one.name if one.number else None,
                one.department or None,
                f"{one.importer}，批次 {one.run}",
                "、".join(map(short_platform_name, one.platforms)),
                due_words(one.deadline),
                days_words(one.deadline),
                _returned(one) if returned else _changed(one),
            )
            for one in lines
        ],
    )
    if total > len(lines):
        console.print(f"共 {total} 条，只显示前 {len(lines)} 条；用 --limit 多看一些。")
    if returned:
        console.print("等科室改正后重新导入；仍可用 xinqiao review approve 批准。", soft_wrap=True)
    else:
        console.print(
            "逐条细看用 xinqiao review show，批准用 xinqiao review approve，"
            "退回用 xinqiao review return；导入人本人不能批准。",
            soft_wrap=True,
        )


def show_sheet(sheet: "Sheet") -> None:
    """Print everything about one version but its secrets."""
    from xinqiao.records.kinds import kind_of
    from xinqiao.routing.platforms import platform_name

    _say(
        f"{kind_of(sheet.kind).name}　记录 {sheet.record}，第 {sheet.version} 版，"
        f"{sheet.importer} 导入：{sheet.file} 第 {sheet.row} 行"
    )
    line = sheet.line
    if line is None:
        _say("现在不等待审核。")
    else:
        state = "已退回" if line.returned is not None else "等待审核"
        places = "、".join(map(platform_name, line.platforms))
        _say(f"{state}，报往{places}；{_limit_words(line.deadline)}")
    compared = sheet.compared_with
    _say("首次报送。" if compared is None else f"与第 {compared} 版比较，改动的标“●”。")
    print_table(
        ["", "项目", "内容", *([] if compared is None else ["原内容"])],
        [
            (
                "●" if compared is not None and one.changed else "",
                one.label,
                one.after or None,
                *([] if compared is None else [(one.before or "（空）") if one.changed else None]),
            )
            for one in sheet.fields
        ],
    )
    for said in sheet.history:
        verdict = "批准" if said.word.approved else "退回"
        reason = f"：{said.word.reason}" if said.word.reason else ""
        at = local_time(said.word.at.isoformat())
        _say(f"{at}　{said.word.actor} {verdict}第 {said.version} 版{reason}")


def _limit_words(deadline: "Deadline") -> str:
    due, left = due_words(deadline), days_words(deadline)
    return "没有时限" if due is None or left is None else f"最迟 {due}，剩余：{left.plain}"


def due_words(deadline: "Deadline") -> str | None:
    """Return the last day as operators read it; None where there is no limit."""
    if deadline.due_on is None:
        return None
    provisional = "（暂定）" if deadline.provisional else ""
    return f"{deadline.due_on}{provisional}{'' if deadline.legal else '（内部时限）'}"


def days_words(deadline: "Deadline") -> Text | None:
    """Return how long that is as operators read it; None where there is no limit."""
    if deadline.days_left is None:
        return None
    if deadline.overdue:
        return Text("已逾期", "red")
    if deadline.days_left < 0:
        return Text("已过")
    words = f"{deadline.days_left} 个工作日" if deadline.days_left else "最后一天"
    return Text(words, "yellow" if deadline.due_soon else "")


def _changed(one: "Line") -> str:
    if one.compared_with is None:
        return "首次"
    labels = [field.label for field in one.changed]
    more = f"等 {len(labels)} 项" if len(labels) > _NAMED_FIELDS else ""
    return "、".join(labels[:_NAMED_FIELDS]) + more or "内容相同"


def _returned(one: "Line") -> str | None:
    if one.returned is None:
        return None
    return f"{one.returned.actor}：{one.returned.reason}"


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
