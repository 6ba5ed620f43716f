"""A few bytes for each of many numbers, in as little memory as that takes."""

from collections.abc import Iterator

_PER_PAGE = 4096


class Cells:
    """Number → bytes of one length, none of them all zero.

    Numbers of rows are dense, so they lie in pages that are made when the first of a page comes. A
    number far from all others, such as one that somebody made up, costs one page and no more.

    Args:
        width: Bytes of each.
    """

    def __init__(self, width: int) -> None:
        """Begin with none."""
        self._width = width
        self._empty = bytes(width)
        self._pages: dict[int, bytearray] = {}

    def get(self, number: int) -> bytes | None:
        """Return what is kept for ``number``; None for nothing."""
        page = self._pages.get(number // _PER_PAGE)
        if page is None:
            return None
        at = number % _PER_PAGE * self._width
        cell = bytes(page[at : at + self._width])
        return None if cell == self._empty else cell

    def put(self, number: int, cell: bytes) -> None:
        """Keep ``cell`` for ``number``."""
        page = self._pages.get(number // _PER_PAGE)
        if page is None:
            page = self._pages[number // _PER_PAGE] = bytearray(_PER_PAGE * self._width)
        at = number % _PER_PAGE * self._width
        page[at : at + self._width] = cell

    def take(self, number: int) -> bytes | None:
        """Return what is kept for ``number``, and keep it no longer."""
        cell = self.get(number)
        if cell is not None:
            self.put(number, self._empty)
        return cell

    def left(self) -> Iterator[tuple[int, bytes]]:
        """Give every number for which something is kept, in order."""
        for place in sorted(self._pages):
            for number in range(place * _PER_PAGE, (place + 1) * _PER_PAGE):
                cell = self.get(number)
                if cell is not None:
                    yield number, cell
