"""Finding the one record that a person means (按记录标识或编号查找)."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.record_store import content_gone
from xinqiao.database.tables import PRESENT_VERSION, record, record_version
from xinqiao.errors import InputError
from xinqiao.queue.naming import called, name_of, number_of, numbered, shown
from xinqiao.records.kinds import kind_of

FEWEST_CHARACTERS = 8
"""How much of a 记录标识 must be written; lists show as much."""

_LISTED = 5


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What tells a person which record it is.

    Attributes:
        id: 记录标识.
        kind: Its kind.
        name: The subject's name.
        number: Number by which people name it (文书号, 承诺编码 and so on), or empty.
        called: By what people name it: the number, or where there is none its subject and period.
        decided_on: Date at which the duty to report it began, if it is known.
    """

    id: str
    kind: str
    name: str
    number: str
    called: str
    decided_on: date | None


def find_record(connection: Connection, text: str) -> RecordSummary:
    """Return the record that ``text`` names.

    It is named by its 记录标识, by the beginning of that, by its number, or as lists show what has
    no number: 溪样三（考核周期起 2025-11-03）.

    Raises:
        InputError: No record fits, or several do; several are listed with their 记录标识.
    """
    wanted = text.strip()
    found = _by_number(connection, wanted)
    if not found and len(wanted) >= FEWEST_CHARACTERS:
        found = _select(connection, record.c.id.startswith(wanted, autoescape=True))
    if not found:
        found = _select(connection, record.c.id.in_(called(connection, wanted)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            "没有这条记录：请写记录标识（至少前 8 位），或完整的文书号、承诺编码、申请编号等编号，"
            "没有编号的写列表中的名称（含括号），可在 xinqiao queue list 中查到",
            code="unknown_record",
        )
    listed = "；".join(
        f"{one.id}（{kind_of(one.kind).name}，{_told(one)}）" for one in found[:_LISTED]
    )
    raise InputError(f"符合的记录不止一条，请写明记录标识：{listed}", code="ambiguous_record")


def _by_number(connection: Connection, text: str) -> list[RecordSummary]:
    return _select(connection, numbered(text, whole=True))


def _told(one: RecordSummary) -> str:
    return f"{one.name}，{one.called}" if one.name and one.number else one.name or one.called


def _select(connection: Connection, where: sa.ColumnElement[bool]) -> list[RecordSummary]:
    statement = (
        sa.select(record.c.id, record.c.kind, record_version.c.content, record_version.c.decided_on)
        .join(
            record_version,
            PRESENT_VERSION,
        )
        .where(where)
        .order_by(record.c.created_at, record.c.id)
        .limit(_LISTED + 1)
    )
    found = []
    for row in connection.execute(statement):
        if row.content is None:
            raise content_gone(row.id)
        name = shown(row.content.get("subject.name", ""))
        number, called = number_of(row.kind, row.content), name_of(row.kind, row.content)
        found.append(RecordSummary(row.id, row.kind, name, number, called, row.decided_on))
    return found
