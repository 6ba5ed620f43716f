"""The kind of record as people name it to a command (记录类型)."""

from typing import Any

import click


class KindName(click.ParamType[str]):
    """Identifier of a kind of record, such as ``permit``; another word is an error of usage."""

    name = "kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return ``value``.

        Raises:
            BadParameter: No such kind; lists those there are.
        """
        from xinqiao.errors import InputError
        from xinqiao.records.kinds import kind_of

        try:
            return kind_of(str(value)).identifier
        except InputError as error:
            self.fail(error.message, param, ctx)


KIND = KindName()
"""Type of options and arguments that name a kind."""
