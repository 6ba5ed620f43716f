"""What a public page shows, as text that document numbers can be looked for in (页面文字)."""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

_BRACKETS = str.maketrans("〔［[【（〕］]】）", "((((()))))")
"""Brackets that stand for one another in document numbers (文书号)."""

_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_UNSEEN = frozenset(
    {"title", "script", "style", "template", "noscript", "textarea", "select", "datalist"}
)
"""Elements whose text is no part of what the page shows."""
_HIDDEN_STYLE = re.compile(r"display:none|visibility:hidden", re.IGNORECASE)
_HIDDEN_CLASSES = frozenset({"hidden", "hide", "invisible", "d-none", "is-hidden", "layui-hide"})
"""Class names by which widespread style sheets hide an element. To take seen text for hidden leaves
a row undecided; to take hidden text for seen would decide it wrongly."""
_VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img"),
        *("input", "link", "meta", "param", "source", "track", "wbr"),
    }
)
"""Elements that have no end and no text (HTML, void elements)."""
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
        self._unseen = _EDGE.join(_plain(piece) for piece in reader.unseen)

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

    def may_hold(self, number: str, apart_from: str) -> bool:
        """Return whether the number stands anywhere in the page, seen or not, alone or in another.

        Only where this is false has the page certainly no record of it.

        Args:
            number: The document number.
            apart_from: A sentence that is seen and left aside; it may repeat the number.
        """
        seen, sentence = self._seen.replace(_EDGE, ""), _plain(apart_from)
        rest = seen.replace(sentence, _EDGE) if sentence else seen
        return _plain(number) in f"{rest}{_EDGE}{self._unseen}"

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
    """Tells the text that is seen from the rest; an element that begins something new sets an edge.

    What is hidden lasts to the end of its element, or of the page where that end is missing.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen: list[str] = []
        self._hidden_in = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.unseen.extend(value for _, value in attrs if value)
        if self._hidden_in:
            self._depth += tag == self._hidden_in
        elif tag not in _VOID and (tag in _UNSEEN or _is_hidden(dict(attrs))):
            self._hidden_in, self._depth = tag, 1
        self._edge(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        # in HTML the slash means nothing
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden_in:
            self._depth -= 1
            if not self._depth:
                self._hidden_in = ""
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden_in:
            self.unseen.append(data)
        else:
            self.pieces.append(data.replace(_EDGE, " "))

    def handle_comment(self, data: str) -> None:
        self.unseen.append(data)

    def unknown_decl(self, data: str) -> None:
        self.unseen.append(data)

    def _edge(self, tag: str) -> None:
        if tag not in _INLINE:
            self.pieces.append(_EDGE)


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(_plain(attributes.get("style") or "")) is not None
        or not _HIDDEN_CLASSES.isdisjoint((attributes.get("class") or "").split())
    )
