"""What a public page shows, as text that document numbers can be looked for in (页面文字)."""

import html
import re
from html.parser import HTMLParser

_BRACKETS = str.maketrans("〔［[【（〕］]】）", "((((()))))")
"""Brackets that stand for one another in document numbers (文书号)."""

_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_TAG = re.compile(r"<[^>]*>")
_UNSEEN = frozenset({"script", "style", "template", "noscript"})
_INLINE = frozenset(
    {"a", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"}
)
_EDGE = "\n"
_JOINS = frozenset("-－—_之")
"""Letters by which a number goes on: 1号之一, 1号-2."""


class PageText:
    """The text of one page, in which brackets and white space make no difference."""

    def __init__(self, page: str) -> None:
        reader = _Reader()
        reader.feed(page)
        reader.close()
        self._seen = _EDGE.join(_plain(piece) for piece in "".join(reader.pieces).split(_EDGE))
        whole = html.unescape(page)
        self._anywhere = f"{_plain(whole)}{_EDGE}{_plain(_TAG.sub('', whole))}"

    def says(self, text: str) -> bool:
        """Return whether a person sees ``text`` on the page."""
        return _plain(text) in self._seen.replace(_EDGE, "")

    def shows(self, number: str, beside: tuple[str, ...] = (), near: int = 0) -> bool:
        """Return whether a person certainly sees this very document number.

        A longer number that holds this one does not count.

        Args:
            number: The document number.
            beside: Texts that must all stand near it.
            near: How near, in characters.
        """
        wanted = [_plain(text) for text in beside]
        for begin, end in self._places(_plain(number)):
            around = self._seen[max(begin - near, 0) : end + near].replace(_EDGE, "")
            if all(text in around for text in wanted):
                return True
        return False

    def may_hold(self, number: str) -> bool:
        """Return whether the number stands anywhere in the page, seen or not, alone or in another.

        Only where this is false has the page certainly no record of it.
        """
        return _plain(number) in self._anywhere

    def _places(self, number: str) -> list[tuple[int, int]]:
        found = re.finditer(re.escape(number), self._seen) if number else ()
        text = f"{_EDGE}{self._seen}{_EDGE}"
        return [
            match.span()
            for match in found
            if not (_goes_on(text[match.start()]) or _goes_on(text[match.end() + 1]))
        ]


def _goes_on(letter: str) -> bool:
    return letter.isalnum() or letter in _JOINS


def _plain(text: str) -> str:
    return _SPACE.sub("", text).translate(_BRACKETS)


class _Reader(HTMLParser):
    """Collects the text that is seen; an element that begins something new sets an edge."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if not self._unseen and tag in _UNSEEN:
            self._unseen = tag
        self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data.replace(_EDGE, " "))

    def _edge(self, tag: str) -> None:
        if tag not in _INLINE:
            self.pieces.append(_EDGE)
