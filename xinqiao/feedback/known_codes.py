"""Which codes of refusals a profile knows (平台配置认得的退回代码)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from xinqiao.adapters.profile import Profile

_ABOUT_CONTENT = frozenset({"rejected", "duplicate"})
"""Meanings after which somebody must look at the row."""

_LITERAL = re.compile(r"'([^']+)'")
_ABOUT_WORDS = re.compile(r"(?:matches|contains)\([^)']*message[^)]*\)")


def refusal_codes(profile: Profile) -> tuple[str, ...]:
    """Return the codes that ``profile`` takes for a refusal or a duplicate, in its order.

    They stand as keys in tables of meanings, and as literals in the rules of answers.
    """
    found = _codes(profile.model_dump(mode="json"))
    return tuple(dict.fromkeys(found))


def _codes(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if part.get("means") in _ABOUT_CONTENT:
            yield from _LITERAL.findall(_ABOUT_WORDS.sub("", str(part.get("when", ""))))
        for key, inner in part.items():
            if key in {"verdicts", "meanings"} and isinstance(inner, Mapping):
                yield from (code for code, means in inner.items() if means in _ABOUT_CONTENT)
            else:
                yield from _codes(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _codes(inner)
