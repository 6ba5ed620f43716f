"""Finding the one record that a person means (按记录标识或文书号查找)."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.record_store import content_gone
from xinqiao.database.tables import PRESENT_VERSION, record, record_version
from xinqiao.errors import InputError
from xinqiao.privacy.keys import is_token
from xinqiao.records.keys import plain_number
from xinqiao.records.kinds import kind_of

_FEWEST_CHARACTERS = 8
_LISTED = 5


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """What tells a person which record it is.

    Attributes:
        id: 记录标识.
        kind: Its kind.
        name: The subject's name.
        document_number: Number of the document, or by what else people name it; may be empty.
        decided_on: Date of the decision, if it is known.
    """

    id: str
    kind: str
    name: str
    document_number: str
    decided_on: date | None


def find_record(connection: Connection, text: str) -> RecordSummary:
    """Return the record that ``text`` names: its 记录标识, the beginning of it, or a 文书号.

    Raises:
        InputError: No record fits, or several do; several are listed with their 记录标识.
    """
    wanted = text.strip()
    found = _by_number(connection, wanted)
    if not found and len(wanted) >= _FEWEST_CHARACTERS:
        found = _select(connection, record.c.id.startswith(wanted, autoescape=True))
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            "没有这条记录：请写记录标识（至少前 8 位）或完整的文书号，"
            "可在 xinqiao queue list 中查到",
            code="unknown_record",
        )
    listed = "；".join(f"{one.id}（{one.name}）" for one in found[:_LISTED])
    raise InputError(f"符合的记录不止一条，请写明记录标识：{listed}", code="ambiguous_record")


def _by_number(connection: Connection, text: str) -> list[RecordSummary]:
    number = plain_number(text)
    if not number:
        return []
    return _select(connection, record.c.document_key.endswith(f"|{number}", autoescape=True))


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
        name = _shown(row.content.get("subject.name", ""))
        number = _shown(row.content.get(kind_of(row.kind).number_field, ""))
        found.append(RecordSummary(row.id, row.kind, name, number, row.decided_on))
    return found


def _shown(stored: str) -> str:
    # encrypted because it holds what looks like an identity number
    return "（内容已加密）" if is_token(stored) else stored
