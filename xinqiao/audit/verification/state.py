"""Proving that the tables follow from the log: every submission's state, and every holding (现状).

The log is read once, in order. Of each submission it is kept where the log has left it, of each
holding the digest that was noted last: some twenty bytes each, so a million of them take as much
memory as one photograph. Then the rows are read and held against that. A change between two entries
does not fit the second of them, a change after the last does not fit the row.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.founding import FOUNDED
from xinqiao.audit.holdings import NOTED, Note, digest_of, note_of
from xinqiao.audit.verification.cells import Cells
from xinqiao.database.tables import (
    CLOSED_STATES,
    OPEN_STATES,
    audit,
    holding,
    submission,
)

CREATED = "submission.created"
FIRST_STATE = "ready"

EFFECTS: Mapping[str, str] = {
    CREATED: FIRST_STATE,
    **{f"submission.{state}": state for state in (*OPEN_STATES, *CLOSED_STATES)},
}
"""Action → the state in which it leaves a submission. What else is said of one changes none."""

_STATES = (*OPEN_STATES, *CLOSED_STATES)
_CHUNK = 5000
_MOST_FINDINGS = 100
_DIGEST_BYTES = 15


@dataclass(frozen=True, slots=True)
class Deviation:
    """One row that does not follow from the log.

    Attributes:
        kind: ``changed`` (the row says something else), ``missing`` (the log knows it, the table
            does not), ``unlogged`` (the table knows it, the log does not), ``gap`` (an entry begins
            from something else than the entry before it left).
        table: ``submission`` or ``holding``.
        number: The row's number.
        sequence: The last entry about it; None where the log has none.
        record_id: Record, as far as known.
        platform: Platform, as far as known.
        message: The same in Chinese.
    """

    kind: str
    table: str
    number: int
    sequence: int | None
    record_id: str
    platform: str
    message: str


@dataclass(slots=True)
class StateCheck:
    """What the check of the state found.

    Attributes:
        submissions: How many rows were compared.
        holdings: How many rows were compared.
        unknown: How many holdings the log is too old to say anything about; they were not compared.
        deviations: The first so many rows that do not follow from the log.
        count: How many there are in all.
    """

    submissions: int = 0
    holdings: int = 0
    unknown: int = 0
    deviations: list[Deviation] = field(default_factory=list)
    count: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything that could be compared follows from the log."""
        return self.count == 0

    def add(self, deviation: Deviation) -> None:
        """Keep what was found, as far as there is room for it."""
        self.count += 1
        if len(self.deviations) < _MOST_FINDINGS:
            self.deviations.append(deviation)


def check_state(
    connection: Connection, progress: Callable[[int], None] | None = None
) -> StateCheck:
    """Hold the tables against the log, whose chain was verified in the same transaction.

    Args:
        connection: A reading connection.
        progress: Called now and then with the number of the entry that was read.
    """
    found = StateCheck()
    submissions, holdings = _Submissions(found), _Holdings(found)
    for row in _entries(connection, progress):
        details = _details(row.body)
        if row.action == NOTED:
            holdings.follow(row.sequence, details)
        elif row.action == FOUNDED:
            holdings.complete = holdings.complete or details.get("holdings_noted") is True
        else:
            submissions.follow(row, details)
    submissions.compare(connection)
    holdings.compare(connection)
    return found


class _Submissions:
    """Follows submissions through the log: one byte for the state, the rest for what never changes.

    Args:
        found: Where deviations go.
    """

    def __init__(self, found: StateCheck) -> None:
        self._found = found
        self._cells = Cells(1 + _DIGEST_BYTES + 8)

    def follow(self, row: Any, details: Mapping[str, Any]) -> None:
        """Take in one entry."""
        number = row.submission_id
        state = EFFECTS.get(row.action)
        if state is None or type(number) is not int:
            return
        known = self._cells.get(number)
        if row.action == CREATED:
            asked = (details.get("operation"), details.get("version"))
            facts = _facts(row.record_id, row.platform, *asked)
        else:
            facts = b"\0" * _DIGEST_BYTES if known is None else known[1 : 1 + _DIGEST_BYTES]
            before = None if known is None else _STATES[known[0] - 1]
            if details.get("before") != before:
                self._gap(row, before, details.get("before"))
        cell = bytes([_STATES.index(state) + 1]) + facts + row.sequence.to_bytes(8, "big")
        self._cells.put(number, cell)

    def compare(self, connection: Connection) -> None:
        """Hold the rows against what the log said."""
        columns = ("id", "record_id", "platform", "operation", "version", "state")
        for row in _rows(connection, submission, columns):
            self._found.submissions += 1
            cell = self._cells.take(row.id)
            if cell is None:
                self._deviates("unlogged", row, None, "日志里没有它的来历")
                continue
            sequence = int.from_bytes(cell[-8:], "big")
            state = _STATES[cell[0] - 1]
            facts = _facts(row.record_id, row.platform, row.operation, row.version)
            if row.state != state:
                what = f"现为 {row.state}，日志第 {sequence} 条之后应为 {state}"
                self._deviates("changed", row, sequence, what)
            elif cell[1 : 1 + _DIGEST_BYTES] != facts:
                self._deviates("changed", row, sequence, "所属记录、平台、操作或版本与建立时不符")
        for number, cell in self._cells.left():
            sequence = int.from_bytes(cell[-8:], "big")
            self._found.add(
                Deviation(
                    "missing",
                    "submission",
                    number,
                    sequence,
                    "",
                    "",
                    f"报送件 {number} 不见了：日志第 {sequence} 条说到过它",
                )
            )

    def _gap(self, row: Any, known: str | None, said: object) -> None:
        number = row.submission_id
        was = "没有它" if known is None else f"它是 {known}"
        message = f"报送件 {number}：第 {row.sequence} 条从 {said} 出发，而在这以前日志里{was}"
        place = (row.record_id or "", row.platform or "")
        self._found.add(Deviation("gap", "submission", number, row.sequence, *place, message))

    def _deviates(self, kind: str, row: Any, sequence: int | None, what: str) -> None:
        message = f"报送件 {row.id}（记录 {row.record_id}，平台 {row.platform}）：{what}"
        place = (row.record_id, row.platform)
        self._found.add(Deviation(kind, "submission", row.id, sequence, *place, message))


class _Holdings:
    """Follows holdings through the log by the digests of their notes.

    Args:
        found: Where deviations go.
    """

    def __init__(self, found: StateCheck) -> None:
        self._found = found
        self._cells = Cells(len(_packed("")) + 8)
        self.complete = False

    def follow(self, sequence: int, details: Mapping[str, Any]) -> None:
        """Take in one entry."""
        # from the first note on the log speaks of all of them
        self.complete = True
        for name, text in details.items():
            try:
                number, note = int(name), note_of(text)
            except (ValueError, AttributeError):
                continue
            known = self._cells.get(number)
            expected = None if known is None else known[:-8]
            before = None if note.before is None else _packed(note.before)
            if before != expected:
                self._gap(sequence, number, note)
            self._cells.put(number, _packed(note.after) + sequence.to_bytes(8, "big"))

    def compare(self, connection: Connection) -> None:
        """Hold the rows against what was noted last."""
        for row in _rows(connection, holding, tuple(holding.c.keys())):
            cell = self._cells.take(row.id)
            if cell is None:
                if self.complete:
                    self._found.holdings += 1
                    self._deviates("unlogged", row, None, "日志里没有它的来历")
                else:
                    self._found.unknown += 1
                continue
            self._found.holdings += 1
            if cell[:-8] != _packed(digest_of(row)):
                sequence = int.from_bytes(cell[-8:], "big")
                self._deviates("changed", row, sequence, self._what(connection, row, sequence))
        for number, cell in self._cells.left():
            sequence = int.from_bytes(cell[-8:], "big")
            note = _note_at(connection, sequence, number)
            place = ("", "") if note is None else (note.record_id, note.platform)
            message = (
                f"持有 {number}（记录 {place[0]}，平台 {place[1]}）不见了："
                f"日志第 {sequence} 条说到过它"
            )
            self._found.add(Deviation("missing", "holding", number, sequence, *place, message))

    @staticmethod
    def _what(connection: Connection, row: Any, sequence: int) -> str:
        note = _note_at(connection, sequence, row.id)
        if note is None:
            return f"与日志第 {sequence} 条不符"
        pairs = (
            ("应持有版本", row.wanted_version, note.wanted),
            ("认为持有版本", row.held_version, note.held),
            ("记录", row.record_id, note.record_id),
            ("平台", row.platform, note.platform),
        )
        told = [
            f"{name}现为 {_word(now)}，日志第 {sequence} 条为 {_word(logged)}"
            for name, now, logged in pairs
            if now != logged
        ]
        return "；".join(told) or f"编号、格式、下架期限等其他内容与日志第 {sequence} 条不符"

    def _gap(self, sequence: int, number: int, note: Note) -> None:
        message = (
            f"持有 {number}（记录 {note.record_id}，平台 {note.platform}）："
            f"在日志第 {sequence} 条以前被改动过，没有留痕"
        )
        place = (note.record_id, note.platform)
        self._found.add(Deviation("gap", "holding", number, sequence, *place, message))

    def _deviates(self, kind: str, row: Any, sequence: int | None, what: str) -> None:
        message = f"持有 {row.id}（记录 {row.record_id}，平台 {row.platform}）：{what}"
        place = (row.record_id, row.platform)
        self._found.add(Deviation(kind, "holding", row.id, sequence, *place, message))


def _entries(
    connection: Connection, progress: Callable[[int], None] | None
) -> Iterator[sa.Row[Any]]:
    """Give the entries that say something of a state, in order."""
    columns = [
        audit.c[name]
        for name in ("sequence", "action", "record_id", "submission_id", "platform", "body")
    ]
    telling = audit.c.action.in_([*EFFECTS, NOTED, FOUNDED])
    end = connection.execute(sa.select(sa.func.max(audit.c.sequence))).scalar_one() or 0
    for last in range(0, end, _CHUNK):
        # bounded on both sides: by the action alone, a database could sort all of them each time
        statement = (
            sa.select(*columns)
            .where(audit.c.sequence > last, audit.c.sequence <= last + _CHUNK, telling)
            .order_by(audit.c.sequence)
        )
        yield from connection.execute(statement).all()
        if progress is not None:
            progress(min(last + _CHUNK, end))


def _rows(connection: Connection, table: sa.Table, names: tuple[str, ...]) -> Iterator[sa.Row[Any]]:
    last: int | None = None
    while True:
        statement = sa.select(*(table.c[name] for name in names)).order_by(table.c.id)
        if last is not None:
            statement = statement.where(table.c.id > last)
        rows = connection.execute(statement.limit(_CHUNK)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _details(body: str) -> dict[str, Any]:
    details: dict[str, Any] = json.loads(body)["details"]
    return details


def _facts(*facts: object) -> bytes:
    """Return the digest of what never changes: record, platform, operation and version."""
    text = json.dumps(facts)
    return hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES]


def _packed(digest: str) -> bytes:
    """Return a digest of a note in half its length."""
    return hashlib.sha256(digest.encode()).digest()[:_DIGEST_BYTES]


def _note_at(connection: Connection, sequence: int, number: int) -> Note | None:
    body = connection.execute(
        sa.select(audit.c.body).where(audit.c.sequence == sequence)
    ).scalar_one()
    text = _details(body).get(str(number))
    return note_of(text) if isinstance(text, str) else None


def _word(value: object) -> str:
    return "无" if value is None else str(value)
