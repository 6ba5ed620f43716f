"""Texts with placeholders, such as ``{settings.app_id}{credentials.app_secret}{time}``.

They are checked when a profile is read. ``{{`` and ``}}`` stand for braces themselves.
"""

from collections.abc import Callable
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator

NAMED = ("settings", "credentials", "tokens")
"""Tables whose entries can be named: a value of the workspace, a secret, a token that was asked for
(by its ``known_as``)."""

_OF_AN_ATTEMPT = ("time", "date", "nonce")
_OF_A_REQUEST = ("parameters", "body", "body_base64", "path", "method")


def placeholders_in(pattern: str) -> tuple[str, ...]:
    """Return the names of the placeholders, in order.

    Raises:
        ValueError: With a Chinese message, when braces do not match.
    """
    return tuple(name for _, name in _parts(pattern) if name is not None)


def fill(pattern: str, value_of: Callable[[str], str]) -> str:
    """Return the text; ``value_of`` is asked for each placeholder's value by its name."""
    return "".join(
        literal + ("" if name is None else value_of(name)) for literal, name in _parts(pattern)
    )


def _parts(pattern: str) -> list[tuple[str, str | None]]:
    try:
        parsed = list(Formatter().parse(pattern))
    except ValueError:
        raise ValueError("花括号不成对；花括号本身写作 {{ 和 }}") from None
    if any(form or conversion for _, _, form, conversion in parsed):
        raise ValueError("花括号里只能写名称，不能带格式")
    return [(literal, name) for literal, name, _, _ in parsed]


def _with(*bare: str) -> AfterValidator:
    known = "、".join((*(f"{{{name}}}" for name in bare), *(f"{{{root}.名称}}" for root in NAMED)))

    def check(pattern: str) -> str:
        for name in placeholders_in(pattern):
            root, dot, entry = name.partition(".")
            if name not in bare and not (root in NAMED and dot and entry):
                raise ValueError(f"不认识占位符 {{{name}}}，这里可以写 {known}")
        return pattern

    return AfterValidator(check)


KeyPattern = Annotated[str, _with()]
"""A secret put together from named values."""

ValuePattern = Annotated[str, _with(*_OF_AN_ATTEMPT)]
"""A value that is sent beside a signature."""

SignedTextPattern = Annotated[str, _with(*_OF_AN_ATTEMPT, *_OF_A_REQUEST)]
"""The text that is signed."""

SignaturePattern = Annotated[str, _with(*_OF_AN_ATTEMPT, "signature")]
"""How a signature is written where it is put."""
