"""The command line: parse → one service call → print.

Command modules are imported when their command runs, so ``xinqiao --help`` costs little more than
click and rich.

Exit codes: 0 done, nothing needs attention · 1 could not be done · 2 usage · 3 done, something
needs a person.
"""

import sys
from pathlib import Path
from typing import Any

import click

from xinqiao import __version__
from xinqiao.commands.chinese import ChineseGroup, explain_usage
from xinqiao.errors import XinqiaoError

COMMANDS = {
    "init": ("xinqiao.commands.init:init", "新建工作区，或补全、升级已有的"),
    "import": (
        "xinqiao.commands.imports:import_files",
        "导入许可、处罚等本地记录（Excel、ODS、CSV）",
    ),
    "sync": ("xinqiao.commands.sync:sync", "走一遍：报送到期的、核实存疑的、收取回执"),
    "daemon": ("xinqiao.commands.daemon:daemon", "常驻运行：不断报送、核实、收取回执"),
    "status": ("xinqiao.commands.status:status", "看板：各平台的报送情况和逾期风险"),
    "corrections": (
        "xinqiao.commands.corrections:corrections",
        "按科室生成待更正表：平台退回的和自查有错的",
    ),
    "review": (
        "xinqiao.commands.review:review",
        "报送前审核：查看、批准、退回等待审核的",
    ),
    "explain": (
        "xinqiao.commands.explain:explain",
        "查一个代码：疑点或平台代码是什么意思、由谁办、怎么改",
    ),
    "withdraw": ("xinqiao.commands.withdraw:withdraw", "登记决定已撤销、变更或失效，撤回已报送的"),
    "publication": (
        "xinqiao.commands.publication:publication",
        "公示：什么在公示、到什么时候，不予公开、下架、失信程度",
    ),
    "repair": ("xinqiao.commands.repair:repair", "登记信用修复：停止公示，并报送修复"),
    "objection": ("xinqiao.commands.objection:objection", "登记、办结、查看异议"),
    "handling": (
        "xinqiao.commands.handling:handling",
        "本单位待办：异议、修复申请、未对上的修复",
    ),
    "adopt": (
        "xinqiao.commands.adopt:adopt",
        "接管启用前已报送的数据：算作平台已有，不重报、不算逾期",
    ),
    "reconcile": ("xinqiao.commands.reconcile:reconcile", "对账：回执、平台台账和法定时限"),
    "figures": (
        "xinqiao.commands.figures:figures",
        "考核指标：及时率、迟报率、合规率、漏报等，附公式和明细",
    ),
    "grades": (
        "xinqiao.commands.grades:grades",
        "对照平台传回的等级、名单、评价和本单位的考核",
    ),
    "queue": ("xinqiao.commands.queue:queue", "查看和处置报送件"),
    "deadline": ("xinqiao.commands.deadline:deadline", "说明一个决定日期的报送截止日"),
    "outage": ("xinqiao.commands.outage:outage", "登记、查看平台停机，期限顺延"),
    "routes": ("xinqiao.commands.routes:routes", "查看报送去向和不报送规则"),
    "catalogue": ("xinqiao.commands.catalogue:catalogue", "采集目录：谁采集、报到哪里、什么时限"),
    "calendar": ("xinqiao.commands.calendar:calendar", "查看、导入工作日历（放假通知）"),
    "behaviours": (
        "xinqiao.commands.behaviours:behaviours",
        "查看、导入安全生产信用的行为代码表",
    ),
    "audit": ("xinqiao.commands.audit:audit", "查看审计日志，验证其完整"),
    "platforms": ("xinqiao.commands.platforms:platforms", "查看、检查、确认、暂停平台"),
    "formats": ("xinqiao.commands.formats:formats", "查看各平台的报送格式，生成导入模板"),
    "prune": ("xinqiao.commands.prune:prune", "清理过了保存期限、不再需要的内容"),
    "simulate": ("xinqiao.commands.simulate:simulate", "在本机运行模拟平台，供演练"),
    "database": ("xinqiao.commands.database:database", "查看数据库，从 SQLite 搬到 PostgreSQL"),
    "doctor": ("xinqiao.commands.doctor:doctor", "检查版本、数据库、权限和平台设置"),
    "demo": ("xinqiao.commands.demo:demo", "用演示数据走完整个流程"),
}
"""Command → (where it is, what it does)."""


class _Root(ChineseGroup):
    """The whole command line; what nobody foresaw is logged and told in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        foreseen = (click.ClickException, click.exceptions.Exit, click.Abort, XinqiaoError)
        try:
            return super().invoke(ctx)
        except (*foreseen, BrokenPipeError, EOFError):
            raise
        except Exception as error:
            raise _unforeseen(error, ctx.params["workspace"]) from error


@click.group(cls=_Root, commands_table=COMMANDS, context_settings={"max_content_width": 100})
@click.option(
    "-w",
    "--workspace",
    type=click.Path(path_type=Path),
    envvar="XINQIAO_WORKSPACE",
    default=Path(),
    help="工作区文件夹；默认当前文件夹，也可用环境变量 XINQIAO_WORKSPACE 指定。",
)
@click.version_option(__version__, message="信桥 %(version)s", help="显示版本后退出。")
@click.pass_context
def cli(context: click.Context, workspace: Path) -> None:
    """信桥：把交通运输信用记录报送到各信用平台，并核对回执与法定时限。"""
    context.obj = workspace


def main() -> None:
    """Run the command line and leave with its exit code."""
    # records name organisations in characters that a terminal's old encoding may not have
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(standalone_mode=False)
    except click.UsageError as error:
        _say(explain_usage(error))
        code = 2
    except click.Abort:
        click.echo("已中断；没有做完的部分不会丢失，可以再次执行。", err=True)
        code = 1
    except XinqiaoError as error:
        _tell(error)
        code = error.exit_code
    except BrokenPipeError:
        # the reader of our output has gone; nothing is left to tell it
        sys.stderr.close()
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _unforeseen(error: Exception, workspace: Path) -> XinqiaoError:
    """Log ``error`` with its traceback, which may hold data and so is shown to nobody."""
    from xinqiao.config.workspace import SETTINGS_FILE

    file = workspace.absolute() / "var" / "xinqiao.log"
    if not (workspace / SETTINGS_FILE).is_file() or not _writable(file):
        message = f"程序出现意外错误（{type(error).__name__}），没有地方记录详情；"
        return XinqiaoError(f"{message}请把所用的命令和这一行告诉开发者", code="unforeseen")
    import structlog

    from xinqiao.logs import configure

    configure("error", file)
    structlog.get_logger().error("unforeseen", exc_info=error)
    message = f"程序出现意外错误，详情已记入 {file}；请把该文件的最后一行发给开发者"
    return XinqiaoError(message, code="unforeseen")


def _writable(file: Path) -> bool:
    try:
        file.touch(mode=0o600)
        file.open("a", encoding="utf-8").close()
    except OSError:
        return False
    return True


def _tell(error: XinqiaoError) -> None:
    if "--json" in sys.argv:
        from xinqiao.commands.output import print_json
        from xinqiao.privacy.masking import mask_identity_numbers

        message = mask_identity_numbers(error.message)
        print_json({"error": {"code": error.code, "message": message}})
    _say(f"错误：{error.message}")


def _say(text: str) -> None:
    """Write what went wrong, which may repeat an identity number that somebody typed."""
    from xinqiao.privacy.masking import mask_identity_numbers

    click.echo(mask_identity_numbers(text), err=True)
