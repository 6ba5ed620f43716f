"""``xinqiao init``: a new workspace, or the completion and upgrade of one."""

from pathlib import Path

import click
from rich.markup import escape

from xinqiao.commands.chinese import ChineseCommand
from xinqiao.commands.output import console


@click.command(cls=ChineseCommand)
@click.argument("folder", metavar="[文件夹]", type=click.Path(path_type=Path), required=False)
@click.option("--rehearsal", is_flag=True, help="演练工作区：只能连接本机的模拟平台。")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="平台",
    help="只写这个平台的文件，可写几次；不写为全部平台。已有的工作区：补上这个平台的文件。",
)
@click.option("--yes", is_flag=True, help="不询问，直接执行。")
@click.pass_context
def init(
    context: click.Context,
    folder: Path | None,
    platforms: tuple[str, ...],
    *,
    rehearsal: bool,
    yes: bool,
) -> None:
    """新建工作区（设置、密钥、数据库）；对已有的工作区则补全、升级，不改动已有内容。"""
    import sys

    from xinqiao.config.workspace import SETTINGS_FILE, create_workspace
    from xinqiao.opening import prepare_database

    root = folder or context.find_root().obj
    existed = (root / SETTINGS_FILE).exists()
    if not yes and not existed and sys.stdin.isatty():
        click.confirm(f"在 {root.absolute()} 新建工作区？", default=True, abort=True)
    workspace = create_workspace(root, rehearsal=rehearsal, platforms=platforms or None)
    prepare_database(workspace)
    if existed:
        console.print(f"工作区已是完整的：{escape(str(workspace.root))}")
        return
    console.print(f"已新建{'演练' if rehearsal else ''}工作区：{escape(str(workspace.root))}")
    console.print("密钥在 secrets/keys.toml：请离线备份，丢失后库中的证件号码无法恢复。")
    if rehearsal:
        console.print("下一步：xinqiao simulate 启动模拟平台，另开终端 xinqiao import 文件.xlsx")
    else:
        console.print("下一步：填写 xinqiao.toml 的报送单位，再执行 xinqiao import 文件.xlsx")
        console.print("各平台的地址和凭据在 platforms/、secrets/ 中填写，不接入的平台删去其文件。")
