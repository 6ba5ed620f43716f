"""``python -m xinqiao.simulator``: one stand-in in a process of its own."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from xinqiao.errors import XinqiaoError
from xinqiao.simulator.rules import PLATFORMS, CredentialRules, load_rules
from xinqiao.simulator.serve import serve

CLIENT_ID = "XINQIAO_SIMULATOR_CLIENT_ID"
"""Environment variable of the client identifier that the stand-in expects."""

CLIENT_SECRET = "XINQIAO_SIMULATOR_CLIENT_SECRET"  # noqa: S105 - the name of a variable
"""Environment variable of the client secret that the stand-in expects."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a stand-in as the command line says; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        serve(
            options.platform,
            port=options.port,
            faults=options.faults,
            receipt_delay=options.receipt_delay,
            latency=options.latency,
            seed=options.seed,
            credentials=_credentials(options),
            accept_repeats=options.accept_repeats,
            where=options.where,
            until_stdin_closes=options.until_stdin_closes,
        )
    except XinqiaoError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    return 0


def _credentials(options: argparse.Namespace) -> CredentialRules:
    usual = load_rules(options.platform).credentials
    return CredentialRules(
        client_id=options.client_id or os.environ.get(CLIENT_ID) or usual.client_id,
        client_secret=options.client_secret or os.environ.get(CLIENT_SECRET) or usual.client_secret,
        others=usual.others,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m xinqiao.simulator", description="模拟平台")
    add = parser.add_argument
    add("--platform", choices=PLATFORMS, required=True, help="模拟哪个平台")
    add("--port", type=int, default=0, help="端口，0 为任意空闲端口")
    add("--faults", type=Path, metavar="FILE", help="故障文件（TOML）")
    add("--receipt-delay", type=_seconds, default=0.0, metavar="SECONDS", help="多少秒后有回执")
    add("--latency", type=_seconds, default=0.0, metavar="SECONDS", help="每次调用要多少秒")
    add("--seed", type=int, default=0, help="随机种子")
    add("--client-id", help=f"客户端标识，也可用环境变量 {CLIENT_ID}")
    add("--client-secret", help=f"客户端密钥，也可用环境变量 {CLIENT_SECRET}")
    add("--accept-repeats", action="store_true", help="已有的文书号再次新增也照收")
    add("--where", default="", help="模拟平台的前置库（URL）或文件夹")
    add("--until-stdin-closes", action="store_true", help="标准输入关闭时退出")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86400:  # noqa: PLR2004 - a day is plenty for a rehearsal
        raise argparse.ArgumentTypeError("应为 0 至 86400 秒")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
