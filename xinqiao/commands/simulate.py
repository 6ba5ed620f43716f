"""``xinqiao simulate``: a stand-in for a platform on this machine."""

import json
from pathlib import Path

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console


@click.command(cls=ChineseCommand)
@click.option("--platform", default="credit_shandong", show_default=True, help="模拟哪个平台。")
@click.option("--where", default="", help="模拟平台的前置库（sqlite:///…）或文件夹；接口平台不用。")
@click.option("--port", default=8642, show_default=True, help="端口；0 为任意空闲端口。")
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="故障文件（TOML）：让模拟平台按计划超时、退回、断线等。",
)
@click.option("--receipt-delay", default=2.0, show_default=True, help="多少秒后给出回执。")
@click.option("--latency", default=0.0, show_default=True, help="每次调用要多少秒。")
@click.option("--seed", default=0, show_default=True, help="随机故障的种子。")
def simulate(
    platform: str,
    where: str,
    port: int,
    faults: Path | None,
    receipt_delay: float,
    latency: float,
    seed: int,
) -> None:
    """在本机（127.0.0.1）运行模拟平台，供演练工作区连接；按 Ctrl-C 结束。"""
    from xinqiao.simulator.serve import serve

    def announce(line: str) -> None:
        ready = json.loads(line)
        place = where or f"http://127.0.0.1:{ready['port']}"
        console.print(
            f"模拟平台 {ready['platform']} 已在 {escape(place)} 运行；按 Ctrl-C 结束。",
            soft_wrap=True,
        )

    serve(
        platform,
        where=where,
        port=port,
        faults=faults,
        receipt_delay=receipt_delay,
        latency=latency,
        seed=seed,
        announce=announce,
    )
