"""The Merkle tree over entries, as in RFC 9162 §2.1 (Certificate Transparency).

A leaf is SHA-256(0x00 ‖ hash of the entry), a node SHA-256(0x01 ‖ left ‖ right). By the path from
one leaf to the root, one entry is proven to stand in an anchor without showing the others.
"""

import hashlib
from collections.abc import Iterable, Sequence


def leaf(entry_hash: str) -> bytes:
    """Return the leaf of an entry's hash (64 hex digits)."""
    return hashlib.sha256(b"\0" + bytes.fromhex(entry_hash)).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the node above two others."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Root:
    """Works out the root of any number of leaves, keeping one node for each level only."""

    def __init__(self) -> None:
        """Begin with no leaf."""
        self._peaks: list[bytes] = []
        self.count = 0

    def add(self, entry_hash: str) -> None:
        """Add the next entry's hash."""
        top = leaf(entry_hash)
        # a whole subtree ends wherever the count so far has a one at its end
        size = self.count
        while size & 1:
            top = node(self._peaks.pop(), top)
            size >>= 1
        self._peaks.append(top)
        self.count += 1

    def hex(self) -> str:
        """Return the root (64 hex digits); of no leaves, the hash of nothing."""
        if not self._peaks:
            return hashlib.sha256().hexdigest()
        top = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            top = node(peak, top)
        return top.hex()


def root_of(entry_hashes: Iterable[str]) -> str:
    """Return the root over ``entry_hashes`` in order."""
    root = Root()
    for one in entry_hashes:
        root.add(one)
    return root.hex()


def inclusion_path(entry_hashes: Sequence[str], index: int) -> list[str]:
    """Return the nodes by which entry ``index`` leads to the root, from the leaf upwards.

    Raises:
        IndexError: There is no such entry.
    """
    if not 0 <= index < len(entry_hashes):
        raise IndexError(index)
    level = [leaf(one) for one in entry_hashes]
    path: list[str] = []
    while len(level) > 1:
        beside = index ^ 1
        # the last of an odd number has nobody beside it and goes up as it is
        if beside < len(level):
            path.append(level[beside].hex())
        pairs = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
        index //= 2
    return path


def root_by_path(entry_hash: str, index: int, count: int, path: Sequence[str]) -> str:
    """Return the root to which ``path`` leads from entry ``index`` of ``count``.

    Raises:
        ValueError: The path is too short or too long for that place.
    """
    if not 0 <= index < count:
        raise ValueError("no such entry")
    top, last = leaf(entry_hash), count - 1
    remaining = list(path)
    while last > 0:
        if index % 2 or index < last:
            if not remaining:
                raise ValueError("the path is too short")
            beside = bytes.fromhex(remaining.pop(0))
            top = node(beside, top) if index % 2 else node(top, beside)
        index, last = index // 2, last // 2
    if remaining:
        raise ValueError("the path is too long")
    return top.hex()
