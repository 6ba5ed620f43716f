"""``xinqiao audit anchor`` and ``audit anchors``: signed checkpoints of the log."""

from typing import TYPE_CHECKING

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand, ChineseGroup
from xinqiao.commands.output import (
    NEEDS_A_PERSON,
    console,
    json_option,
    local_time,
    open_hub,
    print_json,
    print_table,
    reason_for,
    reason_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xinqiao.anchoring.service import Delivered


@click.command(cls=ChineseCommand)
@reason_for("为什么现在写；写入审计日志。", required=False)
@json_option
@click.pass_context
def anchor(context: click.Context, reason: str | None, *, as_json: bool) -> None:
    """现在就写一个审计锚点，送到各存放处；常驻程序会定时写，平时不必执行。"""
    hub = open_hub(context)
    done = hub.anchoring.write(reason or "")
    troubled = any(one.trouble for one in done.places)
    if as_json:
        print_json(
            {
                "number": None if done.anchor is None else done.anchor.number,
                "last": None if done.anchor is None else done.anchor.last,
                "places": _places(done.places),
            }
        )
    else:
        if done.anchor is None:
            console.print("上一个锚点以后没有新的审计条目，不必再写。")
        else:
            console.print(f"已写第 {done.anchor.number} 号锚点，覆盖到第 {done.anchor.last} 条。")
        _show_places(done.places)
        if not done.places:
            console.print(
                "还没有设置库外的存放处，整库被重写时发现不了："
                r"请在 xinqiao.toml 的 \[audit.anchors] 里填写 folders 或 mail。"
            )
    if troubled:
        context.exit(NEEDS_A_PERSON)


@click.group(cls=ChineseGroup)
def anchors() -> None:
    """审计锚点：签名的检查点，写到库外，末尾被截断或整库被重写时据以发现。"""


@anchors.command("list")
@click.option("--limit", default=20, show_default=True, help="最多显示多少个，取最近的。")
@json_option
@click.pass_context
def list_(context: click.Context, limit: int, *, as_json: bool) -> None:
    """列出最近的锚点，以及各送到了哪里。"""
    hub = open_hub(context)
    found = hub.anchoring.anchors(limit)
    if as_json:
        print_json(
            [
                one.model_dump()
                | {"places": {place: at.isoformat() for place, at in written.items()}}
                for one, written in found
            ]
        )
        return
    if not found:
        console.print("还没有锚点：执行 xinqiao audit anchor 写第一个，或运行 xinqiao daemon。")
        return
    print_table(
        ["编号", "时间", "覆盖条目", "最后一条的校验值", "已送到"],
        [
            (
                one.number,
                local_time(one.at),
                f"{one.first}–{one.last}",
                f"{one.head[:16]}…",
                "、".join(sorted(written)),
            )
            for one, written in found
        ],
    )


@anchors.command()
@json_option
@click.pass_context
def key(context: click.Context, *, as_json: bool) -> None:
    """显示锚点的公钥和指纹；指纹请抄在纸上，另外保存。"""
    from xinqiao.audit.anchors.signing import fingerprint, paper, public_pem

    public = open_hub(context).anchoring.key().public
    whole = fingerprint(public)
    if as_json:
        print_json(
            {
                "public_key": public,
                "fingerprint": whole,
                "paper": paper(whole),
                "pem": public_pem(public),
            }
        )
        return
    # the key alone goes to the output, so that it can be written to a file as it is
    click.echo(public_pem(public), nl=False)
    click.echo(f"指纹：{paper(whole)}", err=True)
    click.echo("请把指纹抄在纸上，把以上公钥另存到本机以外；核验时用 --public-key 指定。", err=True)


@anchors.command()
@reason_for("这些锚点为什么不在了；写入审计日志。")
@json_option
@click.pass_context
def refill(context: click.Context, reason: str, *, as_json: bool) -> None:
    """把写过而又不见了的锚点再写到文件夹里；先查明为什么不见了。"""
    done = open_hub(context).anchoring.refill(reason)
    if as_json:
        print_json(_places(done))
    elif not done:
        console.print("各文件夹里写过的锚点都在，没有要补的。")
    else:
        _show_places(done)
    if any(one.trouble for one in done):
        context.exit(NEEDS_A_PERSON)


def _places(done: "Sequence[Delivered]") -> list[dict[str, object]]:
    return [
        {"place": one.place, "numbers": list(one.numbers), "trouble": one.trouble} for one in done
    ]


def _show_places(done: "Sequence[Delivered]") -> None:
    for one in done:
        name = escape(one.place)
        if one.trouble:
            console.print(f"[red]{name}：{escape(one.trouble)}[/]")
        elif one.numbers:
            console.print(f"{name}：已送到 {len(one.numbers)} 个")
        else:
            console.print(f"{name}：都已有，不必再送")


@anchors.command("renew-key")
@reason_option
@json_option
@click.pass_context
def renew_key(context: click.Context, reason: str, *, as_json: bool) -> None:
    """更换签名密钥：用旧密钥签一个锚点，宣布新的公钥；旧密钥随即销毁。"""
    from xinqiao.audit.anchors.signing import fingerprint, paper

    made = open_hub(context).anchoring.renew_key(reason)
    whole = fingerprint(made.next_key or made.public_key)
    if as_json:
        print_json({"number": made.number, "fingerprint": whole, "paper": paper(whole)})
        return
    console.print(f"已更换锚点签名密钥，由第 {made.number} 号锚点宣布。新的指纹：{paper(whole)}")
    console.print("请执行 xinqiao audit anchors key，把新的公钥和指纹另外保存；旧的也请保留。")
