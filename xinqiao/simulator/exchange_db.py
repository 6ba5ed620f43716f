"""The other side of an exchange database (前置库): takes rows in, and answers in tables.

It looks for rows with the first status, decides about each when its time has come, and writes the
status, the reason and an entry of the feedback table. It checks what a receiver of its kind would:
where rows are voided, no second row counts for a document that has one; elsewhere a document has
one row.
"""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from xinqiao.clock import SHANGHAI
from xinqiao.errors import InputError, SettingsError
from xinqiao.simulator.faults import Fault
from xinqiao.simulator.plan import Call, FaultPlan
from xinqiao.simulator.planting import Planting
from xinqiao.simulator.platform import Payload
from xinqiao.simulator.stand_in import Routes, Setup

MARKER = "XINQIAO_SIMULATOR"
"""Table that tells that a database is a stand-in's, and may be emptied."""

_FEEDBACK = {
    "ROW_ID": "VARCHAR(64)",
    "WSH": "VARCHAR(128)",
    "MC": "VARCHAR(200)",
    "JG": "VARCHAR(2)",
    "YY": "VARCHAR(512)",
    "FK_TIME": "VARCHAR(19)",
}
"""Columns of the feedback table: row, document, subject, result, reason, time."""

_UNKNOWN_SUBJECT = "查无此"
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_WORDS = {
    "0040": "数据已存在",
    "0041": "数据不存在",
    "1001": "主体不存在",
    "1002": "必填项为空",
    "4001": "整批退回",
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableLayout(_Model):
    """Table of one kind of record.

    Attributes:
        name: Name as it stands in the database.
        document: Column of the document number (文书号).
        subject: Column of the subject's name.
        joint: Whether several subjects may stand under one document number (共同违法).
        required: Columns that may not be empty.
        columns: Column → its type, as tables are made with it.
    """

    name: str
    document: str
    subject: str
    joint: bool
    required: tuple[str, ...]
    columns: Mapping[str, str]


class Layout(_Model):
    """Tables of one platform, and the words it writes.

    Attributes:
        row_key: Column of the sender's row key.
        batch: Column of the sender's batch number.
        status: Column of the processing state.
        error: Column of the reason for a refusal.
        taken_at: Column of the time taken in; empty where there is none.
        feedback: Name of the feedback table.
        validity: Column that tells whether a row counts; empty where there is none.
        invalid: Text of it in a row that does not.
        initial: Status of a row that nobody looked at.
        accepted: Status of a row that was taken in.
        refused: Status of one that was refused.
        tables: Kind → table.
    """

    row_key: str
    batch: str
    status: str
    error: str
    taken_at: str = ""
    feedback: str
    validity: str = ""
    invalid: str = ""
    initial: str
    accepted: str
    refused: str
    tables: Mapping[str, TableLayout]


@cache
def load_layout(platform: str) -> Layout:
    """Return the tables of ``platform``."""
    file = resources.files(__package__).joinpath(f"{platform}_tables.toml")
    return Layout.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class _Found:
    """A row that waits in a table, and what is to befall it."""

    kind: str
    key: str
    values: Mapping[str, Any]
    due: datetime
    fault: Fault | None

    @property
    def fault_name(self) -> str:
        return self.fault.name if self.fault is not None else ""


@dataclass(slots=True)
class _Held:
    """What became of one document: the operations that took effect, and whether it counts now."""

    history: list[str] = field(default_factory=list)
    counts: bool = False


class ExchangeDb:
    """Stand-in for the receiver of an exchange database; see the module's docstring.

    Raises:
        SettingsError: The address is missing or wrong, or names a database that is not a stand-in's
            and has tables of these names.
    """

    def __init__(self, layout: Layout, setup: Setup, plan: FaultPlan) -> None:
        self._layout = layout
        self._setup = setup
        self._plan = plan
        self._engine = _engine(setup.where)
        self._tables = {
            kind: _table(one.name, one.columns, key=layout.row_key)
            for kind, one in layout.tables.items()
        }
        self._feedback = _table(layout.feedback, _FEEDBACK)
        self._waiting: dict[tuple[str, str], _Found] = {}
        self._held: dict[tuple[str, str], _Held] = {}
        self._refused_batches: dict[str, str] = {}
        self._amends: list[tuple[datetime, _Found]] = []
        self._lock: tuple[datetime, Connection] | None = None
        self._looks = 0
        self._make_tables()

    @property
    def routes(self) -> Routes:
        """No paths: the platform is not reached over HTTP."""
        return {}

    def received(self) -> Payload:
        """Return what took effect; ``rows`` tells how many rows stand in each table now."""
        history = {name: list(held.history) for (_, name), held in self._held.items()}
        with self._engine.connect() as connection:
            rows = {
                kind: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                for kind, table in self._tables.items()
            }
        effects = {name: len(operations) for name, operations in history.items() if operations}
        return {"calls": [], "queries": [], "effects": effects, "history": history, "rows": rows}

    def plant(self, change: Planting) -> None:
        """Change or take away the rows of a document, as somebody else with access could."""
        layout = self._layout.tables.get(change.resource)
        if layout is None:
            raise InputError(f"没有 {change.resource} 这张表")
        table = self._tables[change.resource]
        concerned = table.c[layout.document] == change.number
        if change.subject:
            concerned &= table.c[layout.subject] == change.subject
        with self._engine.begin() as connection:
            if change.fields is None:
                connection.execute(sa.delete(table).where(concerned))
            else:
                connection.execute(sa.update(table).where(concerned).values(dict(change.fields)))

    def work(self) -> None:
        """Look for rows, and decide about those whose time has come."""
        # somebody else may be writing, or the database be away: there is another time
        with suppress(SQLAlchemyError):
            if self._lock is not None and not self._unlocked():
                return
            self._look()
            self._decide_due()
            self._amend_due()

    def _look(self) -> None:
        now = self._setup.clock.now()
        with self._engine.connect() as connection:
            for kind, table in self._tables.items():
                status = table.c[self._layout.status]
                asked = sa.select(table).where(
                    sa.cast(status, sa.String(20)) == self._layout.initial
                )
                for row in connection.execute(asked).mappings():
                    self._note(kind, dict(row), now)

    def _note(self, kind: str, values: Mapping[str, Any], now: datetime) -> None:
        place = kind, str(values[self._layout.row_key])
        if place in self._waiting:
            return
        document = _text(values[self._layout.tables[kind].document])
        fault = self._plan.draw(Call("rows", document_numbers=frozenset({document})))
        due = now + timedelta(seconds=self._setup.receipt_delay)
        if fault is not None and fault.name == "row_late":
            due += timedelta(seconds=fault.duration)
        found = _Found(kind, place[1], values, due, fault)
        self._waiting[place] = found
        if found.fault_name == "batch_of_row_refused" and fault is not None:
            self._refused_batches[_text(values[self._layout.batch])] = fault.platform_code
        if found.fault_name == "row_locked" and fault is not None:
            self._keep_locked(found, now + timedelta(seconds=fault.duration))

    def _decide_due(self) -> None:
        now = self._setup.clock.now()
        due = [one for one in self._waiting.values() if one.due <= now]
        if not due or self._lock is not None:
            return
        for found in due:
            with self._engine.begin() as connection:
                stands = self._stands(connection, found)
                outcome = self._outcome(connection, found) if stands else None
                if outcome is not None:
                    self._write(connection, found, outcome, now)
            # only what was committed took effect
            del self._waiting[found.kind, found.key]
            if outcome is not None:
                self._take_effect(found, outcome, now)

    def _stands(self, connection: Connection, found: _Found) -> bool:
        """Tell whether the row still waits: its sender may have taken it back."""
        table = self._tables[found.kind]
        asked = sa.select(table.c[self._layout.status]).where(self._is(found))
        status = connection.execute(asked).scalar()
        return _text(status) == self._layout.initial

    def _outcome(self, connection: Connection, found: _Found) -> tuple[str, str]:
        """Return (code, operation); the code is empty for a row that is taken in."""
        code = self._refused_batches.get(_text(found.values[self._layout.batch]), "")
        if found.fault_name == "row_refused" and found.fault is not None:
            code = found.fault.platform_code
        layout = self._layout.tables[found.kind]
        if not code and any(not _text(found.values[name]).strip() for name in layout.required):
            code = "1002"
        if not code and _UNKNOWN_SUBJECT in _text(found.values[layout.subject]):
            code = "1001"
        operation = self._operation(found)
        held = self._held.get((found.kind, self._name(found)))
        if not code and self._layout.validity:
            if operation == "insert" and held is not None and held.counts:
                code = "0040"
            if operation == "void" and (held is None or not held.counts):
                code = "0041"
        elif not code and self._rows_of_document(connection, found) > 1:
            code = "0040"
        return code, operation

    def _operation(self, found: _Found) -> str:
        validity = self._layout.validity
        if validity:
            void = _text(found.values[validity]) == self._layout.invalid
            return "void" if void else "insert"
        held = self._held.get((found.kind, self._name(found)))
        return "insert" if held is None or not held.counts else "update"

    def _rows_of_document(self, connection: Connection, found: _Found) -> int:
        layout, table = self._layout.tables[found.kind], self._tables[found.kind]
        same = table.c[layout.document] == found.values[layout.document]
        if layout.joint:
            same &= table.c[layout.subject] == found.values[layout.subject]
        counted: int = connection.execute(
            sa.select(sa.func.count()).select_from(table).where(same)
        ).scalar_one()
        return counted

    def _write(
        self, connection: Connection, found: _Found, outcome: tuple[str, str], now: datetime
    ) -> None:
        code, _ = outcome
        if found.fault_name in {"row_taken_away", "row_deleted"}:
            connection.execute(sa.delete(self._tables[found.kind]).where(self._is(found)))
            return
        answers = [code]
        if found.fault_name == "row_contradicted" and not code:
            answers = ["1001", code]
        if found.fault_name == "row_answered_twice":
            answers = [code, code]
        self._answer(connection, found, answers[0], now)
        for one in answers:
            self._tell(connection, found, one, now)

    def _answer(self, connection: Connection, found: _Found, code: str, now: datetime) -> None:
        layout = self._layout
        table = self._tables[found.kind]
        values: dict[str, Any] = {
            layout.status: _typed(
                table, layout.status, layout.refused if code else layout.accepted
            ),
            layout.error: f"{code} {_WORDS.get(code, '不符合要求')}" if code else None,
        }
        if layout.taken_at and not code:
            values[layout.taken_at] = _local(now, "%Y/%m/%d %H:%M:%S")
        connection.execute(sa.update(table).where(self._is(found)).values(values))

    def _tell(self, connection: Connection, found: _Found, code: str, now: datetime) -> None:
        layout = self._layout.tables[found.kind]
        entry = {
            "ROW_ID": found.key,
            "WSH": _text(found.values[layout.document]),
            "MC": _text(found.values[layout.subject]),
            "JG": "0" if code else "1",
            "YY": f"{code} {_WORDS.get(code, '不符合要求')}" if code else None,
            "FK_TIME": _local(now, "%Y-%m-%d %H:%M:%S"),
        }
        connection.execute(sa.insert(self._feedback).values(entry))

    def _take_effect(self, found: _Found, outcome: tuple[str, str], now: datetime) -> None:
        code, operation = outcome
        if code or found.fault_name == "row_deleted":
            return
        held = self._held.setdefault((found.kind, self._name(found)), _Held())
        held.history.append(operation)
        held.counts = operation != "void"
        if found.fault_name == "row_contradicted" and found.fault is not None:
            self._amends.append((now + timedelta(seconds=found.fault.duration), found))

    def _amend_due(self) -> None:
        """Say of rows that were called refused that they were taken in after all."""
        now = self._setup.clock.now()
        for amend in [one for one in self._amends if one[0] <= now]:
            with self._engine.begin() as connection:
                self._answer(connection, amend[1], "", now)
            self._amends.remove(amend)

    def _keep_locked(self, found: _Found, until: datetime) -> None:
        connection = self._engine.connect()
        table = self._tables[found.kind]
        status = table.c[self._layout.status]
        connection.execute(sa.update(table).where(self._is(found)).values({status: status}))
        self._lock = until, connection

    def _unlocked(self) -> bool:
        if self._lock is None or self._setup.clock.now() < self._lock[0]:
            return self._lock is None
        self._lock[1].close()
        self._lock = None
        return True

    def _is(self, found: _Found) -> sa.ColumnElement[bool]:
        return self._tables[found.kind].c[self._layout.row_key] == found.key

    def _name(self, found: _Found) -> str:
        layout = self._layout.tables[found.kind]
        number = _text(found.values[layout.document])
        return f"{number}｜{_text(found.values[layout.subject])}" if layout.joint else number

    def _make_tables(self) -> None:
        tables = [*self._tables.values(), self._feedback]
        try:
            # quoted names refuse lower(): they say that their case is meant
            present = {name.casefold() for name in sa.inspect(self._engine).get_table_names()}
            known = MARKER.casefold() in present
            ours = [table for table in tables if str(table.name).lower() in present]
            if ours and not known:
                raise SettingsError(
                    f"库中已有表 {ours[0].name}，而没有模拟平台的标记 {MARKER}：不能清空别人的表，"
                    "请换一个库"
                )
            with self._engine.begin() as connection:
                for table in ours:
                    connection.execute(sa.schema.DropTable(table))
                for table in tables:
                    connection.execute(sa.schema.CreateTable(table))
                if not known:
                    marker = _table(MARKER, {"PLATFORM": "VARCHAR(64)"})
                    connection.execute(sa.schema.CreateTable(marker))
        except SQLAlchemyError as error:
            name = type(error).__name__
            raise SettingsError(f"模拟平台打不开前置库（{name}），请检查 --where") from None


def _engine(where: str) -> sa.Engine:
    try:
        url = sa.make_url(where)
    except ArgumentError:
        raise SettingsError("请用 --where 写明模拟平台的前置库（数据库 URL）") from None
    drivername = _DRIVERS.get(url.get_backend_name())
    if drivername is None:
        raise SettingsError(f"模拟平台的前置库应为 {'、'.join(_DRIVERS)} 之一，请改 --where")
    return sa.create_engine(
        url.set(drivername=drivername), poolclass=sa.NullPool, hide_parameters=True
    )


def _table(name: str, columns: Mapping[str, str], key: str = "") -> sa.Table:
    return sa.Table(
        sa.quoted_name(name, quote=True),
        sa.MetaData(),
        *(
            sa.Column(sa.quoted_name(one, quote=True), _type(told), unique=one == key)
            for one, told in columns.items()
        ),
    )


def _type(told: str) -> sa.types.TypeEngine[Any]:
    if told == "INTEGER":
        return sa.Integer()
    if told == "TEXT":
        return sa.Text()
    return sa.String(int(told.removeprefix("VARCHAR(").removesuffix(")")))


def _typed(table: sa.Table, name: str, text: str) -> int | str:
    return int(text) if isinstance(table.c[name].type, sa.Integer) else text


def _text(told: object) -> str:
    return "" if told is None else str(told)


def _local(instant: datetime, form: str) -> str:
    return instant.astimezone(SHANGHAI).strftime(form)
