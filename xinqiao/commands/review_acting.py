"""Carrying out a review: on records that a person names, or on all that filters name."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    open_hub,
    print_json,
)
from xinqiao.commands.review_shown import show_lines

if TYPE_CHECKING:
    from xinqiao.hub import Hub
    from xinqiao.queue.reviewing import Version
    from xinqiao.queue.reviews import Decided, Reviews
    from xinqiao.queue.to_review import Waiting

_SHOWN = 50
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person wants approved: records by name, or all that filters name.

    Attributes:
        records: 记录标识 or numbers.
        run: Number of an import.
        kind: Kind identifier.
        department: Who answers for the records.
    """

    records: tuple[str, ...]
    run: int | None
    kind: str | None
    department: str | None

    @property
    def filtered(self) -> bool:
        """Whether any filter is there."""
        return (self.run, self.kind, self.department) != (None, None, None)


def approve_several(
    context: click.Context, selection: Selection, reason: str, *, yes: bool, as_json: bool
) -> None:
    """Show what would be approved, ask, and approve it.

    Raises:
        UsageError: Nothing is named, or both ways; or there is nobody to be asked.
        RefusedError: Nothing of what was named could be approved.
    """
    if bool(selection.records) == selection.filtered:
        raise click.UsageError(
            "请写要批准的记录，或者用 --all-of-file、--kind、--department 写明条件，两样取一样",
            ctx=context,
        )
    from xinqiao.queue.to_review import Wanted

    hub = open_hub(context)
    reviews = hub.reviews(reason)
    if selection.records:
        names = _named(hub, selection.records)
        found = reviews.waiting(Wanted(records=tuple(record for record, _ in names)))
        _ask(reviews, found, yes=yes or not sys.stdin.isatty(), as_json=as_json)
        _tell(context, names, reviews.approve(list(names)), "批准", as_json=as_json)
        return
    department = department_of(selection.department)
    wanted = Wanted(selection.kind, department, run=selection.run)
    waiting = reviews.waiting(wanted)
    if waiting and not yes and not sys.stdin.isatty():
        raise click.UsageError(
            f"将批准 {len(waiting)} 条，没有终端可以确认，什么也没有做；"
            "先用 xinqiao review list 看清，再加 --yes 执行",
            ctx=context,
        )
    _ask(reviews, waiting, yes=yes, as_json=as_json)
    done = reviews.approve([one.version for one in waiting])
    _tell(context, {}, done, "批准", as_json=as_json)


def department_of(text: str | None) -> str | None:
    """Return the department that a person names; empty for that of records without one."""
    from xinqiao.intake.corrections import UNASSIGNED

    return "" if text == UNASSIGNED else text


def send_back_several(
    context: click.Context, records: Sequence[str], reason: str, *, as_json: bool
) -> None:
    """Return records to their department.

    Raises:
        RefusedError: None of them could be returned.
    """
    hub = open_hub(context)
    names = _named(hub, records)
    _tell(context, names, hub.reviews(reason).send_back(list(names)), "退回", as_json=as_json)


def _named(hub: "Hub", records: Sequence[str]) -> "dict[Version, str]":
    """Return the versions that a person means → by what they are called."""
    names = {}
    for text in records:
        found = hub.find_record(text)
        names[hub.reviews().present_version(found.id)] = found.called
    return names


def _ask(reviews: "Reviews", waiting: "Sequence[Waiting]", *, yes: bool, as_json: bool) -> None:
    """Show what would be approved, and let the person at the keyboard decide."""
    if not waiting:
        return
    if not as_json:
        show_lines(reviews.lines(waiting[:_SHOWN]), len(waiting), returned=False)
    if not yes:
        click.confirm(f"批准这 {len(waiting)} 条？", abort=True, err=as_json)


def _tell(
    context: click.Context,
    names: "Mapping[Version, str]",
    done: "Decided",
    verb: str,
    *,
    as_json: bool,
) -> None:
    """Tell what was done and what was not.

    Raises:
        RefusedError: Only one was named, and it was refused.
    """
    from xinqiao.errors import RefusedError

    if len(names) == 1 and done.refused:
        ((version, obstacle),) = done.refused.items()
        raise RefusedError(f"没有{verb} {names[version]}：{obstacle.message}", code=obstacle.code)
    if as_json:
        print_json(
            {
                "done": [{"record": one, "version": version} for one, version in done.done],
                "refused": [
                    {
                        "record": record,
                        "version": version,
                        "code": obstacle.code,
                        "message": obstacle.message,
                    }
                    for (record, version), obstacle in done.refused.items()
                ],
            }
        )
    else:
        _print(names, done, verb)
    if done.refused:
        context.exit(NEEDS_A_PERSON if done.done else 1)


def _print(names: "Mapping[Version, str]", done: "Decided", verb: str) -> None:
    for version, obstacle in list(done.refused.items())[:_NAMED]:
        called = escape(names.get(version, version[0][:8]))
        errors.print(f"没有{verb} {called}：{escape(obstacle.message)}", soft_wrap=True)
    rest = Counter(one.code for one in list(done.refused.values())[_NAMED:])
    if rest:
        errors.print(f"…另有 {sum(rest.values())} 条没有{verb}，用 --json 查看原因")
    if done.done:
        then = {
            "批准": "执行 xinqiao sync 即报送",
            "退回": "用 xinqiao corrections 生成待更正表交科室改正",
        }
        console.print(f"已{verb} {len(done.done)} 条，并记入审计日志；{then[verb]}。")
    elif not done.refused:
        console.print("没有等待审核的符合条件，什么也没有做；用 xinqiao review list 查看。")
