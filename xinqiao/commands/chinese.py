"""click in Chinese: help headings, usage errors, and a group whose commands load when used."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

_WORDS = {
    "INTEGER": "数字",
    "FLOAT": "数字",
    "PATH": "路径",
    "TEXT": "文字",
    "[default: ": "[默认 ",
    "[required]": "[必填]",
}
"""What click writes on a help page → what operators read."""

_ENGLISH = re.compile("|".join(map(re.escape, _WORDS)))
_EXTRA = re.compile(r"extra arguments? \((.*)\)")


class ChineseCommand(click.Command):
    """A command whose help page has Chinese headings."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse ``args``; an error of any option names the command whose help explains it."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法：")

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Name the options part in Chinese."""
        pieces = super().collect_usage_pieces(ctx)
        words = {
            "[OPTIONS]": "[选项]",
            "COMMAND [ARGS]...": "命令 [参数]...",
            "[COMMAND] [ARGS]...": "[命令 [参数]...]",
        }
        return [words.get(piece, piece) for piece in pieces]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under a Chinese heading."""
        records = [record for one in self.get_params(ctx) if (record := one.get_help_record(ctx))]
        if records:
            with formatter.section("选项"):
                formatter.write_dl([(_chinese(left), _chinese(right)) for left, right in records])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Describe ``--help`` in Chinese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明后退出。"
        return option


class ChineseGroup(ChineseCommand, click.Group):
    """A group with Chinese help; commands named in a table are imported when they are used.

    Args:
        commands_table: Command → (``module:attribute``, one line of help).
    """

    command_class = ChineseCommand

    def __init__(
        self, *args: Any, commands_table: Mapping[str, tuple[str, str]] | None = None, **kwargs: Any
    ) -> None:
        """Keep the table; see the class."""
        super().__init__(*args, **kwargs)
        self._table = dict(commands_table or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table, then those added in code."""
        return [*self._table, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in self._table:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options, then commands; the table's commands are not imported for it."""
        ChineseCommand.format_options(self, ctx, formatter)
        lines = [
            (name, self._table[name][1] if name in self._table else self._short_help(ctx, name))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("命令"):
            formatter.write_dl(lines)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the nearest known."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"，是不是想用 {near[0]}" if near else ""
            raise click.UsageError(f"没有命令 {args[0]}{hint}", ctx=ctx) from error

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=80) if command is not None else ""


def explain_usage(error: click.UsageError) -> str:
    """Return a usage error in Chinese, with the command whose help explains more."""
    path = error.ctx.command_path if error.ctx is not None else "xinqiao"
    return f"用法有误：{_usage_message(error)}\n用 {path} --help 查看说明"


def _usage_message(error: click.UsageError) -> str:
    extra = _EXTRA.search(error.message)
    match error:
        case click.NoSuchOption():
            near = f"，是不是想用 {error.possibilities[0]}" if error.possibilities else ""
            text = f"没有选项 {error.option_name}{near}"
        case click.MissingParameter():
            text = f"缺少 {_parameter(error)}"
        case click.BadParameter():
            text = f"{_parameter(error)} 的值不对：{_expected(error)}"
        case click.BadOptionUsage():
            flag = "does not take a value" in error.message
            text = f"选项 {error.option_name} {'后面不写值' if flag else '后面要写它的值'}"
        case NoArgsIsHelpError():
            text = "缺少命令"
        case _:
            text = f"多出了参数 {extra[1]}" if extra else error.format_message()
    return text


def _expected(error: click.BadParameter) -> str:
    kind = error.param.type if error.param is not None else None
    if isinstance(kind, click.Choice):
        return f"只能是 {'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange):
        return f"应为整数，{kind.min} 至 {kind.max}"
    if isinstance(kind, click.DateTime):
        timed = any("%H" in form for form in kind.formats)
        return "应为时间，如 '2026-11-20 09:30'" if timed else "应为日期，如 2026-11-20"
    if kind is click.INT:
        return "应为整数"
    if kind is click.FLOAT:
        return "应为数字"
    return error.message


def _chinese(text: str) -> str:
    return _ENGLISH.sub(lambda match: _WORDS[match[0]], text)


def _parameter(error: click.BadParameter) -> str:
    if error.param is not None:
        names = [*error.param.opts, error.param.human_readable_name.rstrip(".")]
        return next((name for name in names if name.startswith("--")), names[-1])
    return str(error.param_hint or "")
