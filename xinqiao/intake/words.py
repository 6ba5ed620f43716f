"""Cells that hold several words at once, such as 罚款、没收违法所得 (多值单元格)."""

import re
from collections.abc import Mapping

from xinqiao.records.fields import WORD_SEPARATOR

_SEPARATORS = re.compile(r"[、，,;；/|\s]+")
_DETAIL_ENDS = re.compile(r"[;；|]")
_OTHER = "其他-"


def words_text(text: str, values: Mapping[str, str]) -> str:
    """Return the words of a cell joined as a record keeps them, each once, in order.

    Args:
        text: The cleaned text of the cell.
        values: Ways to write a word → the word. Those that hold a separator themselves are taken
            whole: some words of the national list do.
    """
    spellings = sorted(values, key=len, reverse=True)
    words: list[str] = []
    rest = _SEPARATORS.sub("", text, count=1) if _SEPARATORS.match(text) else text
    while rest:
        word, rest = _first(rest, spellings)
        words.append(values.get(word, word))
        rest = _SEPARATORS.sub("", rest, count=1)
    return WORD_SEPARATOR.join(dict.fromkeys(word for word in words if word))


def _first(text: str, spellings: list[str]) -> tuple[str, str]:
    """Return the first word of ``text``, and what comes after it, separators first."""
    for spelling in spellings:
        after = text[len(spelling) :]
        if text.startswith(spelling) and (not after or _SEPARATORS.match(after)):
            return spelling, after
    # what a person wrote after 其他- may hold any separator but the strongest
    ends = _DETAIL_ENDS if text.startswith(_OTHER) else _SEPARATORS
    found = ends.search(text)
    place = found.start() if found is not None else len(text)
    return text[:place], text[place:]
