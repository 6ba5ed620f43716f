"""The objections that the bureau received, and by when they must be answered (异议一览)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.database.tables import PRESENT_VERSION, duty, record, record_version, withdrawal
from xinqiao.errors import InputError
from xinqiao.privacy.keys import is_token
from xinqiao.queue.targets import OBJECTING
from xinqiao.records.keys import plain_number
from xinqiao.routing.rules import BUREAU


@dataclass(frozen=True, slots=True)
class Objected:
    """One objection.

    Attributes:
        record: 记录标识 of the objection.
        number: Its number.
        name: The subject's name.
        target_number: The document that it is about.
        received_on: When it came, as ISO text.
        result: What came of it, or empty.
        told_on: When the applicant was told, as ISO text, or empty.
        rule: The rule that sets the time limit.
        due_on: Last day for the answer; None where the day of receipt cannot be read.
        provisional: Whether that day may move with the calendar.
        overdue: Whether it is over and the objection is not answered.
        handled: Whether it is answered.
    """

    record: str
    number: str
    name: str
    target_number: str
    received_on: str
    result: str
    told_on: str
    rule: str
    due_on: date | None
    provisional: bool
    overdue: bool
    handled: bool

    def plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return asdict(self) | {"due_on": self.due_on.isoformat() if self.due_on else None}


def objections(connection: Connection, now: datetime, *, handled: bool) -> list[Objected]:
    """Return the objections, the most urgent first.

    Args:
        connection: A reading connection.
        now: The instant by which overdue is judged.
        handled: Whether answered ones are among them.
    """
    statement = (
        sa.select(
            record.c.id,
            record_version.c.content,
            duty.c.rule,
            duty.c.due_on,
            duty.c.due_at,
            duty.c.legal,
            duty.c.provisional,
            duty.c.closed_at,
        )
        .join(record_version, PRESENT_VERSION)
        .outerjoin(duty, sa.and_(duty.c.record_id == record.c.id, duty.c.platform == BUREAU))
        .where(
            record.c.kind == OBJECTING,
            ~sa.exists().where(withdrawal.c.record_id == record.c.id),
        )
        .order_by(duty.c.due_at, record.c.id)
    )
    found = []
    for row in connection.execute(statement):
        told = {path: _shown(text) for path, text in (row.content or {}).items()}
        done = row.closed_at is not None
        if done and not handled:
            continue
        found.append(
            Objected(
                record=row.id,
                number=told.get("application_number", ""),
                name=told.get("subject.name", ""),
                target_number=told.get("target_number", ""),
                received_on=told.get("received_on", ""),
                result=told.get("result", ""),
                told_on=told.get("told_on", ""),
                rule=row.rule or "",
                due_on=row.due_on,
                provisional=bool(row.provisional),
                overdue=not done and bool(row.legal) and row.due_at <= now,
                handled=done,
            )
        )
    return found


def find_objection(connection: Connection, number: str) -> str:
    """Return the 记录标识 of the objection that ``number`` names.

    Raises:
        InputError: There is none, or several: then its 记录标识 must be given.
    """
    wanted = plain_number(number)
    statement = sa.select(record.c.id).where(
        record.c.kind == OBJECTING,
        sa.or_(
            record.c.id == wanted, record.c.document_key.endswith(f"|{wanted}", autoescape=True)
        ),
    )
    found: list[str] = list(connection.execute(statement).scalars())
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            "没有这个编号的异议；用 xinqiao objection list --all 查看", code="unknown_objection"
        )
    raise InputError(
        f"这个编号的异议不止一件，请写记录标识：{'、'.join(found)}", code="ambiguous_objection"
    )


def free_number(connection: Connection, day: date) -> str:
    """Return a number for a new objection that none bears yet, such as ``YY20261120-001``."""
    begins = f"YY{day:%Y%m%d}-"
    statement = sa.select(record.c.document_key).where(
        record.c.kind == OBJECTING, record.c.document_key.contains(f"|{begins}", autoescape=True)
    )
    taken = {key.rpartition("-")[2] for key in connection.execute(statement).scalars()}
    free = next(number for number in range(1, len(taken) + 2) if f"{number:03}" not in taken)
    return f"{begins}{free:03}"


def _shown(stored: str) -> str:
    return "（内容已加密）" if is_token(stored) else stored
