"""``xinqiao simulate``: a stand-in for a platform on this machine."""

import json
from pathlib import Path

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console

_USUAL_PORT = 8642


@click.command(cls=ChineseCommand)
@click.option("--platform", help="只模拟这个平台；不写则同时模拟新建工作区的全部平台。")
@click.option("--where", default="", help="模拟平台的前置库（sqlite:///…）或文件夹；接口平台不用。")
@click.option(
    "--port",
    type=click.IntRange(min=0),
    help="端口，几个平台时依次加 1；0 为任意空闲端口；不写则用各平台固定的端口，不看工作区的配置。",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="故障文件（TOML）：让模拟平台按计划超时、退回、断线等。",
)
@click.option("--receipt-delay", default=2.0, show_default=True, help="多少秒后给出回执。")
@click.option("--latency", default=0.0, show_default=True, help="每次调用要多少秒。")
@click.option("--seed", default=0, show_default=True, help="随机故障的种子。")
def simulate(
    platform: str | None,
    where: str,
    port: int | None,
    faults: Path | None,
    receipt_delay: float,
    latency: float,
    seed: int,
) -> None:
    """在本机（127.0.0.1）运行模拟平台，供演练工作区连接；按 Ctrl-C 结束。

    不写 --platform 时同时模拟新建工作区的全部平台；模拟网站（county_site）的页面可以用浏览器打开。
    """
    from xinqiao.config.platform_files import known_platforms
    from xinqiao.simulator.serve import Place, serve, serve_together

    ports = {one.id: one.port for one in known_platforms()}

    def announce(line: str) -> None:
        ready = json.loads(line)
        place = where or f"http://127.0.0.1:{ready['port']}"
        console.print(
            f"模拟平台 {ready['platform']} 已在 {escape(place)} 运行；按 Ctrl-C 结束。",
            soft_wrap=True,
        )

    if platform is None:
        if where or faults:
            raise click.UsageError("--where、--faults 只用于一个平台，请同时写 --platform")
        if port:
            ports = {name: port + place for place, name in enumerate(ports)}
        places = [Place(name, 0 if port == 0 else known) for name, known in ports.items()]
        serve_together(
            places, receipt_delay=receipt_delay, latency=latency, seed=seed, announce=announce
        )
        return
    serve(
        platform,
        where=where,
        port=ports.get(platform, _USUAL_PORT) if port is None else port,
        faults=faults,
        receipt_delay=receipt_delay,
        latency=latency,
        seed=seed,
        announce=announce,
    )
