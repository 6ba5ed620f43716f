"""What a reading has seen so far (台账行), in the database: a ledger may be larger than the memory.

Only keyed hashes are kept. They tell an entry that stands on two pages, under which the pages
moved, from a key that stands there twice.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.dialect import note_growth
from xinqiao.database.tables import ledger_line
from xinqiao.privacy.keys import KeyRing
from xinqiao.reconcile.ledgers.pages import identity_text, whole_text

_DIGITS = 32
"""Hex digits of a hash that are kept: 128 bits never meet by chance."""

_GROWTH = 2
"""The database looks at the lines again when there are so many times as many."""

Page = Sequence[tuple[str, LedgerEntry]]
"""Key and entry, in the order of the page."""


@dataclass(slots=True)
class Block:
    """Some pages of a ledger, told apart from what was seen before.

    Attributes:
        fresh: Key → entry, for keys that were not seen before.
        repeated: Keys that stand there twice, with the entry that stands there again.
        lines: Hash of the entry → key, of all that is to be noted as seen.
    """

    fresh: dict[str, LedgerEntry] = field(default_factory=dict)
    repeated: dict[str, LedgerEntry] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SeenLines:
    """Everything that one reading has seen.

    Attributes:
        reading: Number of the reading.
        keys: Of the workspace.
        copies: Whether the very same entry twice is a copy of one.
        entries: How many entries were seen, repeated ones among them.
        copied: How many were copies.
        has_moved: Whether an entry stood on two pages.
        noted: How many lines were noted.
    """

    reading: int
    keys: KeyRing
    copies: bool = False
    entries: int = 0
    copied: int = 0
    has_moved: bool = False
    noted: int = 0
    _looked_at: int = 0

    def moved(self, entries: Sequence[LedgerEntry]) -> bool:
        """Tell whether anything that was taken in so far stood on two pages."""
        del entries
        return self.has_moved

    def tell_apart(self, connection: Connection, pages: Sequence[Page]) -> Block:
        """Return what is new in ``pages``, in their order; nothing is noted yet."""
        identity = whole_text if self.copies else identity_text
        entry_hashes = [[self._hash(identity(entry)) for _, entry in page] for page in pages]
        key_hashes = {key: self.key_hash(key) for page in pages for key, _ in page}
        noted = self._known(
            connection, ledger_line.c.entry_hash, {one for page in entry_hashes for one in page}
        )
        seen = set(noted)
        known_keys = self._known(connection, ledger_line.c.key_hash, set(key_hashes.values()))
        block = Block()
        for page, hashes in zip(pages, entry_hashes, strict=True):
            here: set[str] = set()
            for (key, entry), hashed in zip(page, hashes, strict=True):
                self.entries += 1
                if self.copies and (hashed in seen or hashed in here):
                    self.copied += 1
                    continue
                again = hashed in seen
                self.has_moved = self.has_moved or again
                if key not in block.fresh and key_hashes[key] not in known_keys:
                    block.fresh[key] = entry
                # the very same entry on a later page is no repetition: the pages moved
                elif not again:
                    block.repeated[key] = entry
                here.add(hashed)
                if hashed not in noted:
                    block.lines.setdefault(hashed, key)
            seen |= here
        return block

    def note(self, connection: Connection, block: Block, holdings: Mapping[str, int]) -> None:
        """Note the lines of ``block``; ``holdings`` names ours, by key."""
        if not block.lines:
            return
        rows = [
            {
                "reading_id": self.reading,
                "entry_hash": hashed,
                "key_hash": self.key_hash(key),
                "holding_id": holdings.get(key),
            }
            for hashed, key in block.lines.items()
        ]
        connection.execute(sa.insert(ledger_line), rows)
        self.noted += len(rows)
        if self.noted >= _GROWTH * self._looked_at:
            note_growth(connection, ledger_line)
            self._looked_at = self.noted

    def holdings(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        """Return those of the holdings ``ids`` that were seen."""
        found: set[int] = set()
        for chunk in in_chunks(ids):
            statement = sa.select(ledger_line.c.holding_id).where(
                ledger_line.c.reading_id == self.reading, ledger_line.c.holding_id.in_(chunk)
            )
            found.update(connection.execute(statement).scalars())
        return found

    def key_hash(self, key: str) -> str:
        """Return the hash of a key, as lines keep it."""
        return self._hash(f"key\0{key}")

    def _hash(self, text: str) -> str:
        return self.keys.lookup_hash(text.encode())[:_DIGITS]

    def _known(
        self, connection: Connection, column: sa.Column[str], hashes: Collection[str]
    ) -> set[str]:
        known: set[str] = set()
        for chunk in in_chunks(sorted(hashes)):
            statement = sa.select(column).where(
                ledger_line.c.reading_id == self.reading, column.in_(chunk)
            )
            known.update(connection.execute(statement).scalars())
        return known
