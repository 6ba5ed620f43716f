"""Putting rows into an exchange database: one transaction for one batch (前置库报送).

Before the commit everything can be undone, so whatever goes wrong by then is certain. An error *at*
the commit is not: the database may have done it and its word been lost.

A resend looks for the keys of its rows first. As they were put in by one transaction, one of them
that stands there proves that the batch arrived.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from xinqiao.adapters.base import (
    TOO_LATE,
    Operation,
    Outcome,
    Probe,
    Reply,
    RowResult,
    SealedBatch,
)
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.exchange_db.cells import as_text
from xinqiao.adapters.exchange_db.complaints import BEFORE_COMMIT, Complaint, complaint
from xinqiao.adapters.exchange_db.connection import NotReachedError
from xinqiao.adapters.exchange_db.dates import written
from xinqiao.adapters.exchange_db.exchange import Exchange, told
from xinqiao.adapters.exchange_db.footing import has_transactions
from xinqiao.adapters.exchange_db.layout import Column, Role, TableMap, UpdateWay, WithdrawWay
from xinqiao.adapters.exchange_db.lines import Line
from xinqiao.adapters.exchange_db.probing import probe
from xinqiao.adapters.exchange_db.statements import Seen, Statements, business_key_of
from xinqiao.adapters.exchange_db.written_rows import serial_of
from xinqiao.adapters.policies import Limits
from xinqiao.clock import SHANGHAI


class _SetAsideError(Exception):
    """Some rows cannot be put in; the others may be, without them."""

    def __init__(self, rows: Mapping[int, RowResult]) -> None:
        super().__init__(len(rows))
        self.rows = rows


class _StopError(Exception):
    """The transaction ends here, undone, with this reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.code)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is under way: a batch, the lines that are still to be put in, and until when."""

    batch: SealedBatch
    lines: tuple[Line, ...]
    send_before: float
    done_by: float


class DatabaseDelivery:
    """Implements :class:`xinqiao.adapters.parts.Delivery` with rows of an exchange database."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        """Keep the parts."""
        self._exchange = exchange
        self._limits = limits

    def render(self, batch: SealedBatch) -> bytes:
        """Return the rows that are written, as JSON; without what belongs to one attempt.

        Raises:
            SettingsError: The profile has no table for the kind, or no word for the operation.
        """
        return self._exchange.writer.render(batch)

    def submit(self, batch: SealedBatch, send_before: float) -> Reply:
        """Put the rows of ``batch`` in, and before ``send_before`` or not at all.

        Rows that do not fit their columns are refused before anything is opened. The others are
        put in without them.

        Raises:
            SettingsError: As :meth:`render`, or in a rehearsal the database is not the stand-in's.
        """
        body = self.render(batch)
        rows, size = self._limits.rows_per_batch, self._limits.bytes_per_batch
        if len(batch.rows) > rows or len(body) > size:
            return _ours(Outcome.REJECTED, "batch_too_large")
        made = self._exchange.writer.lines(batch)
        # a commit begun in time may take as long as one statement
        started = self._exchange.clock.elapsed()
        transport = self._exchange.transport
        done_by = started + transport.total_seconds - transport.statement_seconds
        sending = _Sending(batch, made.lines, send_before, done_by)
        aside = dict(made.refused)
        while sending.lines:
            try:
                reply = self._attempt(sending)
            except _SetAsideError as error:
                aside |= error.rows
                kept = tuple(line for line in sending.lines if line.row not in aside)
                sending = replace(sending, lines=kept)
                continue
            return replace(reply, rows=(*aside.values(), *reply.rows))
        overall = next(iter(aside.values()))
        return Reply(overall.outcome, overall.code, overall.message, tuple(aside.values()))

    def probe(self) -> Probe:
        """Check connection, columns, permission and clock, without writing a row."""
        return probe(self._exchange)

    def close(self) -> None:
        """Give up connections."""
        self._exchange.database.close()

    def _attempt(self, sending: _Sending) -> Reply:
        """Make one transaction of what is to be sent.

        Raises:
            _SetAsideError: It was undone, and would be without the rows that the error names.
        """
        try:
            self._stop_if_late(sending)
            with self._exchange.database.transaction(writes=True) as connection:
                return self._transact(connection, sending)
        except _StopError as stop:
            return stop.reply
        except NotReachedError as error:
            return told(error.complaint)

    def _transact(self, connection: Connection, sending: _Sending) -> Reply:
        try:
            reply = self._write(connection, sending)
        except BEFORE_COMMIT as error:
            found = complaint(error, self._exchange.database.family)
            return self._undone(connection, sending, found)
        # the last look: a process that was frozen until now must not commit any more
        self._stop_if_late(sending)
        return self._commit(connection, sending, reply)

    def _stop_if_late(self, sending: _Sending) -> None:
        now = self._exchange.clock.elapsed()
        if now >= sending.send_before:
            raise _StopError(_ours(Outcome.RETRYABLE, TOO_LATE))
        if now >= sending.done_by:
            raise _StopError(_ours(Outcome.RETRYABLE, "total_timeout"))

    def _commit(self, connection: Connection, sending: _Sending, reply: Reply) -> Reply:
        try:
            connection.commit()
        except IntegrityError as error:
            # a constraint that is checked at the end: the database answered, and undid everything
            return self._undone(
                connection, sending, complaint(error, self._exchange.database.family)
            )
        except Exception:  # noqa: BLE001 - whatever it is, the commit may have been done
            return _ours(Outcome.IN_DOUBT, "commit_unanswered")
        return reply

    def _write(self, connection: Connection, sending: _Sending) -> Reply:
        """Do everything but the commit.

        Raises:
            _StopError: There is nothing to commit.
            _SetAsideError: Some rows stand in the way of the others.
        """
        batch, statements = sending.batch, self._exchange.statements[sending.batch.kind]
        if not has_transactions(connection, statements, self._exchange.database.family):
            raise _StopError(_ours(Outcome.RETRYABLE, "no_transactions"))
        if self._exchange.writer.deletes(batch):
            return self._delete(connection, statements, sending)
        keys = [line.key for line in sending.lines]
        there = {str(row.row_key).strip() for row in statements.states(connection, keys)}
        if there:
            raise _StopError(_already_there(sending, there))
        before = self._before(connection, statements, sending)
        lines = list(self._whole(statements, sending.lines, before))
        self._make_room(connection, statements, sending, before)
        overwritten = self._overwrite(connection, statements, sending, lines, before)
        fresh = [cells for line, cells in lines if line.key not in overwritten]
        if fresh:
            statements.insert(connection, fresh)
        if self._exchange.transport.read_back:
            self._compare(connection, statements, sending.lines)
        # the serial tells that the commit was answered: only then does absence mean "taken"
        serial = serial_of(batch, {line.row for line in sending.lines})
        return _ours(Outcome.RECEIVED, "rows_written", serial=serial)

    def _before(
        self, connection: Connection, statements: Statements, sending: _Sending
    ) -> Mapping[tuple[str, ...], Sequence[Seen]]:
        """Return what stands in the table of the same records, where that matters.

        Raises:
            _SetAsideError: A row that should be replaced is not there under what is known of it,
                such as a name that was corrected. The old one would stay valid beside the new.
        """
        versioned = statements.table.column_of(Role.VERSION) is not None
        replaces = _replaces(statements.table, self._exchange.writer.asked(sending.batch))
        if not versioned and not replaces:
            return {}
        found = statements.of_records(connection, [line.business_key for line in sending.lines])
        before: dict[tuple[str, ...], list[Seen]] = {}
        for row in found:
            before.setdefault(business_key_of(row), []).append(row)
        lost = {line.row for line in sending.lines if line.business_key not in before}
        # where rows are moved away, that one is not there tells nothing
        if replaces and lost and self._exchange.transport.rows_stay:
            raise _SetAsideError({row: _refused(row, "no_former_row") for row in lost})
        return before

    def _whole(
        self,
        statements: Statements,
        lines: Sequence[Line],
        before: Mapping[tuple[str, ...], Sequence[Seen]],
    ) -> Iterator[tuple[Line, dict[str, Any]]]:
        """Give each line with its cells, those that belong to this attempt included."""
        table = statements.table
        version, when = table.column_of(Role.VERSION), table.column_of(Role.WRITTEN_AT)
        versions = {key: max(map(_number, rows)) for key, rows in before.items()}
        for line in lines:
            cells: dict[str, Any] = dict(line.cells)
            if version is not None:
                versions[line.business_key] = number = versions.get(line.business_key, 0) + 1
                cells[version.name] = number if version.type == "integer" else str(number)
            if when is not None:
                cells[when.name] = self._now(when)
            yield line, cells

    def _make_room(
        self,
        connection: Connection,
        statements: Statements,
        sending: _Sending,
        before: Mapping[tuple[str, ...], Sequence[Seen]],
    ) -> None:
        if sending.batch.operation is not Operation.UPDATE or (
            statements.table.update is not UpdateWay.DELETE_AND_INSERT
        ):
            return
        for rows in before.values():
            for row in rows:
                self._leave_busy_alone(row)
                if not statements.delete(connection, row):
                    raise _StopError(_ours(Outcome.RETRYABLE, "row_busy"))

    def _overwrite(
        self,
        connection: Connection,
        statements: Statements,
        sending: _Sending,
        lines: Sequence[tuple[Line, dict[str, Any]]],
        before: Mapping[tuple[str, ...], Sequence[Seen]],
    ) -> set[str]:
        """Write over the rows that a newer version replaces; return the keys of those lines."""
        done: set[str] = set()
        if sending.batch.operation is not Operation.UPDATE or (
            statements.table.update is not UpdateWay.IN_PLACE
        ):
            return done
        shared = _shared(sending.lines)
        several = {
            line.row
            for line, _ in lines
            if len(before.get(line.business_key, ())) > 1 or line.business_key in shared
        }
        if several:
            raise _SetAsideError({row: _refused(row, "several_rows") for row in several})
        for line, cells in lines:
            for row in before.get(line.business_key, ()):
                self._leave_busy_alone(row)
                if not statements.overwrite(connection, row, cells):
                    raise _StopError(_ours(Outcome.RETRYABLE, "row_busy"))
                done.add(line.key)
        return done

    def _leave_busy_alone(self, row: Seen) -> None:
        if self._exchange.meaning(row.status) == "received":
            raise _StopError(_ours(Outcome.RETRYABLE, "row_busy"))

    def _compare(
        self, connection: Connection, statements: Statements, lines: Sequence[Line]
    ) -> None:
        """Compare what stands in the table with what was written.

        Raises:
            _SetAsideError: A database cut or replaced something without a word.
        """
        contents = statements.contents(connection, [line.key for line in lines])
        altered = {}
        for line in lines:
            found = contents.get(line.key, {})
            for name, text in line.cells.items():
                if name in found and not _same(text, found[name]):
                    words = f"列 {name} 写入后被数据库改动，没有报送；请核对该列的长度和编码"
                    altered[line.row] = RowResult(line.row, Outcome.REJECTED, "altered", words)
        if len(contents) < len(lines):
            raise _StopError(_ours(Outcome.RETRYABLE, "rows_not_seen"))
        if altered:
            raise _SetAsideError(altered)

    def _delete(self, connection: Connection, statements: Statements, sending: _Sending) -> Reply:
        """Take rows out that nobody has taken yet; the others need a person."""
        found = statements.of_records(connection, [line.business_key for line in sending.lines])
        shared = _shared(sending.lines)
        accepted, aside = [], {}
        for line in sending.lines:
            rows = [row for row in found if business_key_of(row) == line.business_key]
            if len(rows) > 1 or line.business_key in shared:
                aside[line.row] = _refused(line.row, "several_rows")
            elif not rows:
                # an earlier attempt of ours may have deleted it, as well as the other side taken it
                aside[line.row] = _duplicate(line.row, "row_gone")
            elif self._exchange.meaning(rows[0].status) != "pending":
                aside[line.row] = _refused(line.row, "already_consumed")
            elif not statements.delete(connection, rows[0]):
                raise _StopError(_ours(Outcome.RETRYABLE, "row_busy"))
            else:
                accepted.append(_deleted(line.row))
        if aside:
            raise _SetAsideError(aside)
        return replace(_ours(Outcome.ACCEPTED, "withdrawn_unconsumed"), rows=tuple(accepted))

    def _undone(self, connection: Connection, sending: _Sending, found: Complaint) -> Reply:
        """Return what an error before the commit comes to, once the transaction is undone.

        Raises:
            _SetAsideError: Other rows of the database stand where some of ours should.
        """
        if found.outcome is not Outcome.DUPLICATE:
            return told(found)
        statements = self._exchange.statements[sending.batch.kind]
        try:
            connection.rollback()
            keys = [line.key for line in sending.lines]
            there = {str(row.row_key).strip() for row in statements.states(connection, keys)}
            records = [line.business_key for line in sending.lines]
            held = {business_key_of(row) for row in statements.of_records(connection, records)}
        except BEFORE_COMMIT as error:
            again = complaint(error, self._exchange.database.family)
            return _ours(Outcome.RETRYABLE, again.code)
        if there:
            # somebody put the very same rows in since we looked
            return _already_there(sending, there)
        doubles = {line.row for line in sending.lines if line.business_key in held}
        if doubles:
            raise _SetAsideError({row: _duplicate(row, "key_exists") for row in doubles})
        return _ours(Outcome.REJECTED, "constraint_failed")

    def _now(self, column: Column) -> Any:
        now = self._exchange.clock.now().astimezone(SHANGHAI).replace(tzinfo=None)
        if column.type == "datetime":
            return now
        if column.type == "date":
            return now.date()
        return written(now, column.date_pattern or "YYYY-MM-DD hh:mm:ss")


def _replaces(table: TableMap, operation: Operation) -> bool:
    """Tell whether a row of the same record that stands there is to count no longer."""
    if operation is Operation.UPDATE:
        return table.update is not UpdateWay.APPEND
    return operation is Operation.WITHDRAW and table.withdraw is WithdrawWay.VOID


def _shared(lines: Sequence[Line]) -> set[tuple[str, ...]]:
    """Return business keys under which several rows of one batch would meet."""
    counted = Counter(line.business_key for line in lines)
    return {key for key, times in counted.items() if times > 1}


def _number(row: Seen) -> int:
    told = as_text(row.version)
    return int(told) if told.isdecimal() else 0


def _same(ours: object, theirs: object) -> bool:
    """Tell whether a cell holds what was written; fixed widths are padded, empty may be NULL.

    A number may come back with more zeros, a date with a time of day.
    """
    if isinstance(ours, int | Decimal) and isinstance(theirs, int | float | Decimal):
        return Decimal(str(theirs)) == ours
    if isinstance(ours, date) and isinstance(theirs, date):
        return _moment(ours) == _moment(theirs)
    return _plain(ours) == _plain(theirs)


def _moment(told: date) -> datetime:
    if isinstance(told, datetime):
        return told.replace(tzinfo=None)
    return datetime.combine(told, time.min)


def _plain(text: object) -> str:
    return "" if text is None else str(text).rstrip(" ")


def _already_there(sending: _Sending, there: set[str]) -> Reply:
    """Return the reply to a resend of rows that stand in the table.

    A row that is missing among them was set aside by the first delivery, or has gone since.
    """
    rows = {line.row for line in sending.lines if line.key in there}
    missing = sorted({line.row for line in sending.lines} - rows)
    return replace(
        _ours(Outcome.RECEIVED, "already_there", serial=serial_of(sending.batch, rows)),
        rows=tuple(_duplicate(row, "partly_there") for row in missing),
    )


def _ours(outcome: Outcome, code: str, serial: str = "") -> Reply:
    return Reply(outcome, code, words_for(code), serial=serial)


def _refused(row: int, code: str) -> RowResult:
    return RowResult(row, Outcome.REJECTED, code, words_for(code))


def _duplicate(row: int, code: str) -> RowResult:
    return RowResult(row, Outcome.DUPLICATE, code, words_for(code))


def _deleted(row: int) -> RowResult:
    code = "withdrawn_unconsumed"
    return RowResult(row, Outcome.ACCEPTED, code, words_for(code))
