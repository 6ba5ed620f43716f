"""Comparing a platform's ledger with what we believe it holds (台账对账).

Nothing is changed here: a difference is told to a person. A ledger that breaks off proves nothing
about what it did not show, so nothing is called missing then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry, Operation
from xinqiao.clock import end_of
from xinqiao.database.chunks import in_chunks
from xinqiao.database.engine import Database
from xinqiao.database.record_store import load_contents
from xinqiao.database.tables import duty, holding, record, submission
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.registry import format_for
from xinqiao.privacy.keys import KeyRing
from xinqiao.privacy.masking import mask_identity_numbers
from xinqiao.queue.platforms import Platform
from xinqiao.queue.states import OPEN, State
from xinqiao.queue.verdicts import differing
from xinqiao.reconcile.findings import Different, LedgerFindings, Missing, Unexpected
from xinqiao.reconcile.pages import LedgerReader
from xinqiao.records.kinds import kind_of

_NOT_SHOWN = "（证件号码不显示）"
_LONGEST_SHOWN = 80

FORMAT_CHANGED = "格式表已改，已报送的版本无法按现在的格式比较"

EDGE = timedelta(hours=1)
"""A record taken in so near to the edge of the window may stand on either side of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which records are compared: those taken in from ``start`` to ``end``, both included."""

    start: date
    end: date


def compare_ledger(
    database: Database,
    keys: KeyRing,
    platform: Platform,
    kind: str,
    window: Window,
    now: datetime,
) -> LedgerFindings:
    """Compare the ledger of one kind of record with ours.

    Args:
        database: The hub's database; no transaction is open while the platform is asked.
        keys: The workspace's keys.
        platform: The platform; it must have a ledger.
        kind: Record kind.
        window: Days of the ledger.
        now: What was taken in just before may not be visible yet.
    """
    comparison = _Comparison(platform, kind, format_for(platform.id, kind))
    reader = LedgerReader(platform.connector, kind, window.start, window.end)
    for entries in reader.pages():
        with database.reading() as connection:
            comparison.take(connection, keys, entries)
    comparison.findings.incomplete = reader.incomplete
    if not reader.incomplete:
        with database.reading() as connection:
            comparison.find_missing(connection, window, now)
    return comparison.findings


@dataclass(frozen=True, slots=True)
class _Held:
    """One holding by which we believe that the platform holds something under a key."""

    id: int
    record_id: str
    version: int | None


@dataclass(frozen=True, slots=True)
class _Sent:
    """One submission that went out under a key."""

    record_id: str
    operation: str
    state: State


@dataclass(slots=True)
class _Comparison:
    platform: Platform
    kind: str
    compiled: CompiledFormat
    findings: LedgerFindings = field(default_factory=LedgerFindings)
    _seen_holdings: set[int] = field(default_factory=set)
    _seen_keys: set[str] = field(default_factory=set)

    def take(self, connection: Connection, keys: KeyRing, entries: Sequence[LedgerEntry]) -> None:
        """Compare the entries of one page."""
        by_key: dict[str, LedgerEntry] = {}
        for entry in entries:
            key = self._key(entry)
            if key in self._seen_keys:
                self.findings.repeated.append(key)
                continue
            self._seen_keys.add(key)
            by_key[key] = entry
        held = self._held(connection, by_key)
        versions = [(one.record_id, one.version) for one in held.values() if one.version]
        contents = load_contents(connection, versions, keys)
        for key, one in held.items():
            self._seen_holdings.add(one.id)
            if one.version is None:
                self._compare_void(key, one, by_key[key])
            else:
                self._compare(key, one, by_key[key], contents[one.record_id, one.version])
        strangers = [key for key in by_key if key not in held]
        self._take_strangers(connection, strangers, by_key)

    def find_missing(self, connection: Connection, window: Window, now: datetime) -> None:
        """Note what we believe was taken in within the window and the ledger did not show."""
        first = end_of(window.start - timedelta(days=1)) + EDGE
        last = min(
            end_of(window.end) - EDGE,
            now - timedelta(seconds=self.platform.connector.capabilities.visible_after),
        )
        taken_in = sa.func.min(duty.c.reported_at)
        statement = (
            sa.select(holding.c.id, holding.c.record_id, holding.c.held_key, taken_in.label("at"))
            .join(record, record.c.id == holding.c.record_id)
            .join(
                duty,
                sa.and_(
                    duty.c.record_id == holding.c.record_id,
                    duty.c.platform == holding.c.platform,
                    duty.c.closed_by == "accepted",
                ),
            )
            .where(
                holding.c.platform == self.platform.id,
                record.c.kind == self.kind,
                holding.c.held_version.is_not(None),
            )
            .group_by(holding.c.id, holding.c.record_id, holding.c.held_key)
            .having(sa.and_(taken_in >= first, taken_in <= last))
            .order_by(holding.c.id)
        )
        for row in connection.execute(statement):
            if row.id not in self._seen_holdings:
                self.findings.missing.append(
                    Missing(row.record_id, self.kind, row.held_key or "", row.at.isoformat())
                )

    def _key(self, entry: LedgerEntry) -> str:
        told = all(code in entry.values for code in self.compiled.table.key_fields)
        return self.compiled.key_of(entry.values) if told else entry.key

    def _held(self, connection: Connection, keys: Mapping[str, LedgerEntry]) -> dict[str, _Held]:
        found: dict[str, _Held] = {}
        for chunk in in_chunks(keys):
            statement = (
                sa.select(
                    holding.c.held_key,
                    holding.c.id,
                    holding.c.record_id,
                    holding.c.held_version,
                )
                .join(record, record.c.id == holding.c.record_id)
                .where(
                    holding.c.held_key.in_(chunk),
                    holding.c.platform == self.platform.id,
                    record.c.kind == self.kind,
                )
            )
            found.update({key: _Held(*row) for key, *row in connection.execute(statement)})
        return found

    def _compare(
        self, key: str, held: _Held, entry: LedgerEntry, content: Mapping[str, str]
    ) -> None:
        ours = self.compiled.render(content).values
        if ours is None:
            self.findings.different.append(
                Different(held.record_id, self.kind, key, "", "整条", FORMAT_CHANGED, "")
            )
            return
        codes = differing(ours, entry.values)
        if not codes:
            self.findings.matched += 1
        for code in codes:
            self._differs(key, held, code, ours[code], entry.values[code])

    def _compare_void(self, key: str, held: _Held, entry: LedgerEntry) -> None:
        marks = self.compiled.table.void
        codes = differing(marks, entry.values)
        if not codes:
            self.findings.matched += 1
        for code in codes:
            self._differs(key, held, code, marks[code], entry.values[code])

    def _differs(self, key: str, held: _Held, code: str, ours: str, theirs: str) -> None:
        template = self.compiled.fields[code]
        secret = template.source_path in kind_of(self.kind).identity_fields
        shown = [_NOT_SHOWN] * 2 if secret else [_shown(ours), _shown(theirs)]
        self.findings.different.append(
            Different(held.record_id, self.kind, key, code, template.name, *shown)
        )

    def _take_strangers(
        self, connection: Connection, keys: Sequence[str], entries: Mapping[str, LedgerEntry]
    ) -> None:
        """Tell what the entries are that no holding names: by what was ever sent under the key."""
        sent: dict[str, list[_Sent]] = {}
        for chunk in in_chunks(keys):
            statement = (
                sa.select(
                    submission.c.platform_key,
                    submission.c.record_id,
                    submission.c.operation,
                    submission.c.state,
                )
                .where(
                    submission.c.platform_key.in_(chunk),
                    submission.c.platform == self.platform.id,
                    submission.c.kind == self.kind,
                )
                .order_by(submission.c.id)
            )
            for row in connection.execute(statement):
                one = _Sent(row.record_id, row.operation, State(row.state))
                sent.setdefault(row.platform_key, []).append(one)
        for key in keys:
            self._take_stranger(key, entries[key], sent.get(key, []))

    def _take_stranger(
        self,
        key: str,
        entry: LedgerEntry,
        sent: Sequence[_Sent],
    ) -> None:
        if any(one.state in OPEN for one in sent):
            self.findings.under_way += 1
            return
        withdrawn = any(
            (one.operation, one.state) == (Operation.WITHDRAW, State.ACCEPTED) for one in sent
        )
        marks = self.compiled.table.void
        if withdrawn and marks and not differing(marks, entry.values):
            self.findings.matched += 1
            return
        why = "withdrawn" if withdrawn else "refused" if sent else "never_sent"
        record_id = sent[-1].record_id if sent else ""
        self.findings.unexpected.append(Unexpected(self.kind, key, entry.reference, why, record_id))


def _shown(text: str) -> str:
    masked = mask_identity_numbers(text)
    return masked if len(masked) <= _LONGEST_SHOWN else f"{masked[:_LONGEST_SHOWN]}…"
