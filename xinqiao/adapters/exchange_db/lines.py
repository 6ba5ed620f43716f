"""A sealed batch as lines of its table: what is written for every row, and what does not fit.

The same batch gives the same lines, with the same keys. What belongs to one attempt, when it was
written and which version it is, is added as it is written.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

import rfc8785

from xinqiao.adapters.base import Operation, Outcome, RowResult, SealedBatch, SealedRow
from xinqiao.adapters.exchange_db.cells import Cell, Misfit, cell
from xinqiao.adapters.exchange_db.layout import (
    THEIRS,
    Column,
    ExchangeDbTransport,
    Role,
    TableMap,
    UpdateWay,
    WithdrawWay,
)
from xinqiao.adapters.words import asked_as, operation_word
from xinqiao.errors import SettingsError

_NAMESPACE = uuid.UUID("6f0c1f2e-6a3f-5d0e-9b53-7a3f3b1c0d21")
"""Namespace of our row keys (RFC 9562, version 5); drawn once and never to be changed."""

OF_AN_ATTEMPT = frozenset({Role.WRITTEN_AT, Role.VERSION})
"""Roles whose content is not part of the seal."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    Attributes:
        row: Position in the batch of the row that it is for.
        key: Its row key.
        business_key: Texts by which lines of one record are known.
        void: Whether it only says that what was before it does not count.
        cells: Column → what is written.
    """

    row: int
    key: str
    business_key: tuple[str, ...] = field(repr=False)
    void: bool
    cells: Mapping[str, Cell] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lines:
    """What a batch comes to.

    Attributes:
        lines: Lines of the rows that fit, in order.
        refused: Row → why it does not fit.
    """

    lines: tuple[Line, ...]
    refused: Mapping[int, RowResult]


class Writer:
    """Makes lines for the tables of one transport.

    Args:
        transport: The tables.
        words: Operation → word.
        organisation_code: Who reports.
    """

    def __init__(
        self,
        transport: ExchangeDbTransport,
        words: Mapping[Operation, str],
        organisation_code: str,
    ) -> None:
        self._transport = transport
        self._words = words
        self._organisation_code = organisation_code

    def table(self, kind: str) -> TableMap:
        """Return the table for ``kind``.

        Raises:
            SettingsError: The profile has none.
        """
        table = self._transport.tables.get(kind)
        if table is None:
            raise SettingsError(
                f"平台配置没有 {kind} 这类记录的表（transport.tables.{kind}），请补上",
                code="profile",
            )
        return table

    def deletes(self, batch: SealedBatch) -> bool:
        """Tell whether ``batch`` takes rows out instead of putting rows in.

        Raises:
            SettingsError: The profile has no table for the kind.
        """
        way = self.table(batch.kind).withdraw
        withdrawn = self.asked(batch) is Operation.WITHDRAW
        return withdrawn and way is WithdrawWay.DELETE_UNCONSUMED

    def asked(self, batch: SealedBatch) -> Operation:
        """Return what the table is told is asked for the rows of ``batch``.

        A row can say that a record is taken down (下架) only where there is a word for it and a
        column for the word; elsewhere it is withdrawn.

        Raises:
            SettingsError: The profile has no table for the kind.
        """
        told = self.table(batch.kind).column_of(Role.OPERATION) is not None
        return asked_as(batch.operation, self._words if told else ())

    def keys(self, batch: SealedBatch) -> dict[int, tuple[str, ...]]:
        """Return row → keys of its lines, the void one first.

        Raises:
            SettingsError: The profile does not fit the batch.
        """
        return {
            row.number: tuple(self._key(batch, row, void=void) for void in self._parts(batch))
            for row in batch.rows
        }

    def lines(self, batch: SealedBatch) -> Lines:
        """Return the lines of ``batch``.

        Raises:
            SettingsError: The profile does not fit the batch.
        """
        table = self.table(batch.kind)
        parts = self._parts(batch)
        lines: list[Line] = []
        refused: dict[int, RowResult] = {}
        for row in batch.rows:
            made = [self._line(table, batch, row, void=void) for void in parts]
            misfit = next((one for one in made if isinstance(one, Misfit)), None)
            if misfit is not None:
                told = RowResult(row.number, Outcome.REJECTED, misfit.code, misfit.message)
                refused[row.number] = told
            else:
                lines += [one for one in made if isinstance(one, Line)]
        return Lines(tuple(lines), refused)

    def render(self, batch: SealedBatch) -> bytes:
        """Return the lines of ``batch`` as canonical JSON (RFC 8785).

        Raises:
            SettingsError: The profile does not fit the batch, or would leave out a field unsaid.
        """
        table = self.table(batch.kind)
        _refuse_lost_fields(table, batch)
        lines = self.lines(batch)
        plain: dict[str, Any] = {
            "table": table.name,
            "delete": self.deletes(batch),
            "lines": [
                {name: text if text is None else str(text) for name, text in line.cells.items()}
                for line in lines.lines
            ],
        }
        return rfc8785.dumps(plain)

    def _parts(self, batch: SealedBatch) -> tuple[bool, ...]:
        """Return, for each line that a row comes to, whether it is a void one."""
        table = self.table(batch.kind)
        asked = self.asked(batch)
        operation_word(asked, self._words)
        match asked:
            case Operation.INSERT | Operation.TAKE_DOWN:
                return (False,)
            case Operation.UPDATE:
                both = table.update is UpdateWay.VOID_AND_INSERT
                return (True, False) if both else (False,)
            case Operation.WITHDRAW:
                return (table.withdraw is WithdrawWay.VOID,)
            case _:
                assert_never(asked)

    def _line(
        self, table: TableMap, batch: SealedBatch, row: SealedRow, *, void: bool
    ) -> Line | Misfit:
        cells: dict[str, Cell] = {}
        for column in table.columns:
            if column.role in THEIRS or column.role in OF_AN_ATTEMPT:
                continue
            text = self._text(column, batch, row, void=void)
            made = cell(column, text, self._transport.charset)
            if isinstance(made, Misfit):
                return made
            cells[column.name] = made
        return Line(
            row.number,
            self._key(batch, row, void=void),
            _business_key(table, cells),
            void,
            cells,
        )

    def _text(self, column: Column, batch: SealedBatch, row: SealedRow, *, void: bool) -> str:
        if column.field is not None:
            return row.values.get(column.field, "")
        if column.constant is not None:
            return column.constant
        withdrawn = self.asked(batch) is Operation.WITHDRAW
        validity = self._transport.validity
        status = self._transport.status
        invalid = void or withdrawn
        told = {
            Role.ROW_KEY: self._key(batch, row, void=void),
            Role.BATCH: batch.number,
            Role.ROW_NUMBER: str(row.number),
            Role.OPERATION: operation_word(self.asked(batch), self._words),
            Role.SOURCE: self._organisation_code,
            Role.STATUS: status.initial if status is not None else "",
        }
        if validity is not None:
            reason = validity.withdraw_reason if withdrawn else validity.update_reason
            told[Role.VALIDITY] = validity.invalid if invalid else validity.valid
            told[Role.INVALID_REASON] = reason if invalid else ""
        return told.get(column.role, "") if column.role is not None else ""

    def _key(self, batch: SealedBatch, row: SealedRow, *, void: bool) -> str:
        # a withdrawal has one line, which is its own; only the second line needs another key
        second = void and self.asked(batch) is not Operation.WITHDRAW
        if self._transport.row_key == "batch_and_row":
            return f"{batch.number}-{row.number}{'-V' if second else ''}"
        name = f"{batch.number}/{row.number}{'/void' if second else ''}"
        made = uuid.uuid5(_NAMESPACE, name)
        return made.hex if self._transport.row_key == "uuid_hex" else str(made)


def _refuse_lost_fields(table: TableMap, batch: SealedBatch) -> None:
    """Refuse a table that would leave out a field unsaid, or that names one there is not."""
    for row in batch.rows:
        missing, unknown = table.lost_fields(row.values)
        told = (
            (missing, f"没有 {'、'.join(missing)} 的列，也没有列在 omit 中"),
            (unknown, f"有报送格式中没有的字段 {'、'.join(unknown)}"),
        )
        problem = "；".join(words for codes, words in told if codes)
        if problem:
            raise SettingsError(
                f"平台配置的表 transport.tables.{batch.kind} {problem}，请按报送格式更正",
                code="profile",
            )


def _business_key(table: TableMap, cells: Mapping[str, Cell]) -> tuple[str, ...]:
    names = {column.field: column.name for column in table.columns}
    texts = (cells[names[code]] for code in table.business_key)
    return tuple("" if text is None else str(text).rstrip() for text in texts)
