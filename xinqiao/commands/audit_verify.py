"""``xinqiao audit verify``: proving the log, inside and by what lies outside."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    errors,
    json_option,
    local_time,
    open_hub,
    print_json,
)

if TYPE_CHECKING:
    from xinqiao.anchoring.proof import Proof

_SHOWN = 20


@click.command(cls=ChineseCommand)
@click.option(
    "--anchors",
    "given",
    multiple=True,
    metavar="文件或文件夹",
    type=click.Path(path_type=Path, exists=True),
    help="另外保存的锚点，可写几次；设置里的文件夹不必写，会自动核对。",
)
@click.option(
    "--public-key",
    metavar="文件",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="另外保存的公钥；不写的，用本机 secrets/ 里的。",
)
@json_option
@click.pass_context
def verify(
    context: click.Context, given: tuple[Path, ...], public_key: Path | None, *, as_json: bool
) -> None:
    """从头验证审计链，核对锚点，核对报送件和持有的现状与日志相符；指出第一处不对的。"""
    hub = open_hub(context)
    with errors.status("正在验证审计链…") as bar:
        proof = hub.anchoring.prove(
            given, public_key, lambda what, count: bar.update(f"{what}：已核对到第 {count} 条")
        )
    if as_json:
        print_json(_plain(proof))
    else:
        _show(proof)
    if not proof.ok:
        context.exit(NEEDS_A_PERSON)


def _plain(proof: "Proof") -> dict[str, Any]:
    anchors, state = proof.anchors, proof.state
    first = None if anchors is None or not anchors.findings else anchors.findings[0]
    deviation = None if state is None or not state.deviations else state.deviations[0]
    # the first thing that is wrong, whichever part found it
    chain = proof.chain
    kind = chain.damage or (f"anchor_{first.kind}" if first else "")
    kind = kind or (f"state_{deviation.kind}" if deviation else "")
    where = chain.first_bad
    if chain.ok and first is not None:
        where = first.sequence
    elif chain.ok and deviation is not None:
        where = deviation.sequence
    return {
        "ok": proof.ok,
        "chain_ok": chain.ok,
        "entries": chain.entries,
        "first_bad": where,
        "damage": kind,
        "message": chain.message,
        "anchors": None if anchors is None else asdict(anchors),
        "state": None if state is None else asdict(state),
        "missing": proof.missing,
        "unread": proof.unread,
        "notices": proof.notices,
    }


def _show(proof: "Proof") -> None:
    from xinqiao.audit.verification.anchors import told_key

    console.print(proof.chain.message if proof.chain.ok else f"[red]{proof.chain.message}[/]")
    if proof.anchors is not None and proof.anchors.stored + proof.anchors.outside:
        one = proof.anchors
        last = f"，最近一个写于 {local_time(one.last_at)}" if one.last_at else ""
        console.print(
            f"锚点：库内 {one.stored} 个，库外 {one.outside} 个，覆盖到第 {one.covered} 条{last}"
        )
        if one.key:
            console.print(f"锚点公钥指纹：{told_key(one)}（请与抄在纸上的核对）")
        _list([finding.message for finding in one.findings], one.count)
    if proof.state is not None:
        state = proof.state
        console.print(f"现状：核对了报送件 {state.submissions} 条、持有 {state.holdings} 条")
        if state.unknown:
            console.print(
                f"另有持有 {state.unknown} 条是旧版本写的，日志里没有留痕，未核对："
                "请执行一次 xinqiao init，此后即有留痕"
            )
        _list([deviation.message for deviation in state.deviations], state.count)
    for place, numbers in proof.missing.items():
        console.print(
            f"[red]{escape(place)}：少了 {len(numbers)} 个写过的锚点，第一个是第 {numbers[0]} 号；"
            "查明原因后执行 xinqiao audit anchors refill 补上[/]"
        )
    for place, why in proof.unread.items():
        console.print(f"[red]{escape(place)}：没有能核对，{escape(why)}[/]")
    for notice in proof.notices:
        console.print(f"注意：{escape(notice)}")
    if not proof.chain.ok or not _sound(proof):
        console.print("请停止操作，保留现场，报告负责人；不要自行修复数据库。")
    elif proof.ok:
        console.print("没有发现问题。")


def _sound(proof: "Proof") -> bool:
    """Tell whether nothing was tampered with, as far as one can see."""
    return all(part is None or part.ok for part in (proof.anchors, proof.state))


def _list(messages: list[str], count: int) -> None:
    for message in messages[:_SHOWN]:
        console.print(f"[red]{escape(message)}[/]")
    if count > _SHOWN:
        console.print(f"[red]……共 {count} 处，以上是前 {_SHOWN} 处[/]")
