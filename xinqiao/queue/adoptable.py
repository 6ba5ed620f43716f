"""What an entry of a platform's ledger is to us: held as a record of ours, or why not (接管判定).

Nothing is written here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry
from xinqiao.database.chunks import in_chunks
from xinqiao.database.record_store import load_present_contents
from xinqiao.database.tables import (
    OPEN,
    PRESENT_VERSION,
    holding,
    record,
    record_version,
    submission,
    withdrawal,
)
from xinqiao.mapping.engine import CompiledFormat
from xinqiao.mapping.identity import RECORD_ID, identified
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.changes import Change
from xinqiao.queue.field_differences import FieldDifference, field_differences
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets


class Verdict(StrEnum):
    """What an entry is to us."""

    ADOPTABLE = "adoptable"
    """It is a record of ours as it is now (可接管)."""

    ALREADY = "already"
    """We believe that the platform holds it (已是持有)."""

    UNDER_WAY = "under_way"
    """Our own may have left for the platform: its receipt decides (报送中)."""

    DIFFERENT = "different"
    """A record of ours has that key and says something else (内容不一致)."""

    UNTOLD = "untold"
    """Only its number is told, and the record was corrected here: which version is there is unknown
    (版本不明)."""

    SEVERAL = "several"
    """Several records of ours have that key, and not just one is as it says (对应多条)."""

    NO_RECORD = "no_record"
    """No record of ours has that key (本地无记录)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that an entry may be about, with the record as it is now.

    Attributes:
        holding_id: The place.
        change: The record's present version.
        held: Whether the platform is believed to hold it under that key.
        before_start: Whether nobody owes it.
        withdrawn_on: When the decision was revoked; None while it stands.
    """

    holding_id: int
    change: Change
    held: bool
    before_start: bool
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One entry, and what it is to us.

    Attributes:
        key: The platform's key of it.
        entry: What the platform tells.
        verdict: See :class:`Verdict`.
        candidate: The place, where there is one.
        differences: Where it says something else.
        by_number_only: Whether it tells nothing but the key.
    """

    key: str
    entry: LedgerEntry
    verdict: Verdict
    candidate: Candidate | None = None
    differences: tuple[FieldDifference, ...] = ()
    by_number_only: bool = False


NOT_RENDERED = FieldDifference("", "整条", "本地这一版不符合平台的格式，无从比较", "")
"""Stands for the fields of a record that cannot be put into the platform's form."""


DIFFERING = (Verdict.DIFFERENT, Verdict.UNTOLD)
"""Of a record of ours and not known to be as it is now: a person says whether it is held."""

_VERSION_UNTOLD = "台账只给出编号，看不出是哪一版"


def keyed_by_us(compiled: CompiledFormat) -> bool:
    """Tell whether a platform knows records by our 记录标识: what others reported is not found."""
    paths = {compiled.fields[code].source_path for code in compiled.table.key_fields}
    return RECORD_ID in paths


def key_told(compiled: CompiledFormat, entry: LedgerEntry) -> str | None:
    """Return the platform's key of an entry; None where it does not tell the whole of it."""
    codes = compiled.table.key_fields
    if all(entry.values.get(code, "").strip() for code in codes):
        return compiled.key_of({code: entry.values[code].strip() for code in codes})
    return entry.key if len(codes) == 1 and entry.key else None


def judge(
    connection: Connection,
    keys: KeyRing,
    platform: str,
    compiled: CompiledFormat,
    entries: Mapping[str, LedgerEntry],
) -> list[Judged]:
    """Return what each entry is to us.

    Args:
        connection: A transaction.
        keys: Of the workspace.
        platform: Whose entries they are.
        compiled: The format of their kind there.
        entries: The platform's key → entry.

    Raises:
        DamageError: The present content of a record is gone.
    """
    found = _candidates(connection, keys, platform, compiled.table.kind, entries)
    leaving = _may_have_left(
        connection, [one.holding_id for several in found.values() for one in several]
    )
    return [
        _judge_one(compiled, key, entry, found.get(key, ()), leaving)
        for key, entry in entries.items()
    ]


def _judge_one(
    compiled: CompiledFormat,
    key: str,
    entry: LedgerEntry,
    candidates: Sequence[Candidate],
    leaving: Collection[int],
) -> Judged:
    if not candidates:
        return Judged(key, entry, Verdict.NO_RECORD)
    for one in candidates:
        if one.held:
            return Judged(key, entry, Verdict.ALREADY, one)
    for one in candidates:
        if one.holding_id in leaving:
            return Judged(key, entry, Verdict.UNDER_WAY, one)
    compared = [_compare(compiled, key, entry, one) for one in candidates]
    alike = [one for one in compared if one.verdict is Verdict.ADOPTABLE]
    if len(alike) == 1:
        return alike[0]
    return compared[0] if len(compared) == 1 else Judged(key, entry, Verdict.SEVERAL)


def _compare(
    compiled: CompiledFormat, key: str, entry: LedgerEntry, candidate: Candidate
) -> Judged:
    change = candidate.change
    ours = compiled.render(identified(change.record_id, change.content)).values
    if ours is None:
        return Judged(key, entry, Verdict.DIFFERENT, candidate, (NOT_RENDERED,))
    differences = field_differences(compiled, change.kind, ours, entry.values)
    told = set(ours) & set(entry.values)
    number_only = told <= set(compiled.table.key_fields)
    if number_only and not differences and change.version > 1:
        version = FieldDifference("", "版本", f"第 {change.version} 版", _VERSION_UNTOLD)
        return Judged(key, entry, Verdict.UNTOLD, candidate, (version,), by_number_only=True)
    verdict = Verdict.DIFFERENT if differences else Verdict.ADOPTABLE
    return Judged(key, entry, verdict, candidate, differences, number_only)


def _candidates(
    connection: Connection, keys: KeyRing, platform: str, kind: str, wanted: Collection[str]
) -> dict[str, list[Candidate]]:
    rows = []
    for chunk in in_chunks(wanted):
        for column in (holding.c.wanted_key, holding.c.held_key):
            statement = (
                sa.select(
                    holding.c.id,
                    holding.c.record_id,
                    holding.c.wanted_key,
                    holding.c.held_key,
                    holding.c.held_version,
                    holding.c.before_start,
                    record.c.kind,
                    record_version.c.version,
                    record_version.c.valid,
                    record_version.c.decided_on,
                    withdrawal.c.decided_on.label("withdrawn_on"),
                )
                .join(record, record.c.id == holding.c.record_id)
                .join(record_version, PRESENT_VERSION)
                .outerjoin(withdrawal, withdrawal.c.record_id == holding.c.record_id)
                .where(column.in_(chunk), holding.c.platform == platform)
            )
            # asked for by kind, SQLite would walk every record of that kind
            rows += [row for row in connection.execute(statement) if row.kind == kind]
    contents = load_present_contents(
        connection, {(row.record_id, row.version) for row in rows}, keys
    )
    found: dict[str, dict[int, Candidate]] = {}
    for row in rows:
        content = contents[row.record_id, row.version]
        change = Change(row.record_id, kind, row.version, content, row.valid, row.decided_on)
        for key, held in _keys_of(row.wanted_key, row.held_key, row.held_version):
            one = Candidate(row.id, change, held, row.before_start, row.withdrawn_on)
            found.setdefault(key, {})[row.id] = one
    return {key: list(found[key].values()) for key in wanted if key in found}


def _keys_of(
    wanted: str | None, held: str | None, held_version: int | None
) -> Iterator[tuple[str, bool]]:
    """Yield the keys by which a place is meant, and whether it is held under them."""
    if held_version is not None:
        if held is not None:
            yield held, True
        return
    if wanted is not None:
        yield wanted, False


def _may_have_left(connection: Connection, holding_ids: Collection[int]) -> set[int]:
    """Return the holdings whose open submission may have left."""
    return {one.holding_id for one in open_tickets(connection, holding_ids) if not never_left(one)}


def open_tickets(connection: Connection, holding_ids: Collection[int]) -> list[Ticket]:
    """Return the open submissions of holdings."""
    found: list[Ticket] = []
    for chunk in in_chunks(holding_ids):
        statement = select_tickets().where(submission.c.holding_id.in_(chunk), OPEN)
        found += read_tickets(connection, statement)
    return found


def never_left(ticket: Ticket) -> bool:
    """Tell whether an open submission certainly did not leave."""
    unsent = ticket.request_started_at is None
    return ticket.state is State.READY or (ticket.state is State.HELD and unsent)
