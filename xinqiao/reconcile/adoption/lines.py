"""What an adoption under way has read (接管暂存): kept encrypted, so that memory does not grow.

All of a ledger is read before anything of it is believed: a key that stands there twice with two
contents is known on both only then.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import adoption_line
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.adopted import entry_hash, open_entry, seal_entry

PORTION = 500
"""Entries in one transaction."""

_FORGOTTEN_AFTER = timedelta(days=1)
"""What an adoption that broke off left behind is dropped by a later one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One key of the ledger.

    Attributes:
        key: The platform's key.
        entry: What the platform tells under it.
        repeated: Whether it tells two things.
    """

    key_hash: str
    key: str
    entry: LedgerEntry
    repeated: bool


@dataclass(slots=True)
class Watch:
    """Whether the pages moved under the reader's hands, as the lines tell of the page just kept.

    Attributes:
        again: Whether an entry of it stood on an earlier page.
    """

    again: bool = False

    def moved(self, entries: Sequence[LedgerEntry]) -> bool:
        """Tell of the page that was kept last whether one of its entries was seen before."""
        del entries
        return self.again


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one reading.

    Attributes:
        keys: Of the workspace.
        run: Tells this reading from every other.
    """

    keys: KeyRing
    run: str = field(default_factory=lambda: str(uuid.uuid4()))

    def add(
        self, connection: Connection, entries: Sequence[tuple[str, LedgerEntry]], at: datetime
    ) -> bool:
        """Keep the entries of one page, each with its key; tell whether one was seen before.

        The very same entry again is one; another under the same key marks the key as repeated.
        """
        fresh: dict[str, dict[str, object]] = {}
        digests = {key: self.keys.lookup_hash(f"line\0{key}".encode()) for key, _ in entries}
        known = self._known(connection, list(digests.values()))
        repeated: set[str] = set()
        again = False
        for key, entry in entries:
            digest, said = digests[key], entry_hash(self.keys, entry)
            before = known.get(digest) or fresh.get(digest, {}).get("entry_hash")
            if before is None:
                fresh[digest] = self._row(digest, key, entry, said, at)
            elif before != said:
                repeated.add(digest)
            else:
                again = again or digest in known
        if fresh:
            connection.execute(sa.insert(adoption_line), list(fresh.values()))
        for chunk in in_chunks(sorted(repeated)):
            connection.execute(
                sa.update(adoption_line)
                .where(adoption_line.c.run == self.run, adoption_line.c.key_hash.in_(chunk))
                .values(repeated=True)
            )
        return again

    def _row(
        self, digest: str, key: str, entry: LedgerEntry, said: str, at: datetime
    ) -> dict[str, object]:
        named = LedgerEntry(key, entry.values, entry.reference, entry.at)
        key_id, sealed = seal_entry(self.keys, named, self._context(digest))
        return {
            "run": self.run,
            "key_hash": digest,
            "entry_hash": said,
            "repeated": False,
            "entry": sealed,
            "key_id": key_id,
            "staged_at": at,
        }

    def _known(self, connection: Connection, digests: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for chunk in in_chunks(digests):
            statement = sa.select(adoption_line.c.key_hash, adoption_line.c.entry_hash).where(
                adoption_line.c.run == self.run, adoption_line.c.key_hash.in_(chunk)
            )
            found.update((row[0], row[1]) for row in connection.execute(statement))
        return found

    def portion(self, connection: Connection, after: str) -> list[Line]:
        """Return the next lines after the key hash ``after``.

        Raises:
            DamageError: A line was changed in the database.
        """
        statement = (
            sa.select(adoption_line)
            .where(adoption_line.c.run == self.run, adoption_line.c.key_hash > after)
            .order_by(adoption_line.c.key_hash)
            .limit(PORTION)
        )
        return list(self._opened(connection, statement))

    def _opened(
        self, connection: Connection, statement: sa.Select[tuple[object]]
    ) -> Iterator[Line]:
        for row in connection.execute(statement):
            context = self._context(row.key_hash)
            entry = open_entry(self.keys, row.key_id, row.entry, context)
            yield Line(row.key_hash, entry.key, entry, row.repeated)

    def note_held(self, connection: Connection, held: Mapping[str, int]) -> None:
        """Note which of our holdings are held as lines: key hash → holding."""
        if not held:
            return
        connection.execute(
            sa.update(adoption_line)
            .where(
                adoption_line.c.run == self.run,
                adoption_line.c.key_hash == sa.bindparam("which"),
            )
            .values(holding_id=sa.bindparam("its_holding")),
            [{"which": digest, "its_holding": number} for digest, number in held.items()],
        )

    def clear(self, connection: Connection, now: datetime) -> None:
        """Drop the lines of this reading, and of those that broke off long ago."""
        connection.execute(
            sa.delete(adoption_line).where(
                sa.or_(
                    adoption_line.c.run == self.run,
                    adoption_line.c.staged_at < now - _FORGOTTEN_AFTER,
                )
            )
        )

    def _context(self, digest: str) -> str:
        return f"adoption_line/{self.run}/{digest}"
