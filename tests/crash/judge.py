"""What really happened, told by the simulated platform's own journal and the hub's log."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from xinqiao.audit.verification.chain import verify
from xinqiao.database.engine import Database
from xinqiao.database.tables import attempt, batch, batch_row, holding, submission, submission_count

KNOWN = frozenset(
    {"accepted", "received", "rejected", "duplicate", "rate_limited", "auth", "retryable"}
)
"""Outcomes of a send after which everybody knows what became of it."""


@dataclass(slots=True)
class Verdict:
    """What is wrong, if anything is.

    Attributes:
        records: How many were to be reported.
        lost: Document numbers that the platform does not hold, or the hub does not know it holds.
        doubled: Document numbers that took effect more than once.
        unasked: (batch, document number) sent again while nobody knew, and nobody had asked.
        waiting: Submissions that wait for a person.
        chain: Whether the audit chain is whole.
        counts: Whether the kept counts equal the rows.
    """

    records: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unasked: list[tuple[str, str]] = field(default_factory=list)
    waiting: int = 0
    chain: bool = True
    counts: bool = True

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, sent unasked or broken."""
        return not (self.lost or self.doubled or self.unasked) and self.chain and self.counts


def judge(database: Database, received: dict[str, Any], numbers: list[str]) -> Verdict:
    """Return what became of the permits with the document ``numbers``."""
    history: dict[str, list[str]] = received["history"]
    with database.reading() as connection:
        states = _states(connection)
        return Verdict(
            records=len(numbers),
            lost=[
                number
                for number in numbers
                if states.get(number) not in ("held", "conflict")
                and not (history.get(number) and states.get(number) == "accepted")
            ],
            doubled=[number for number, done in history.items() if done.count("insert") > 1],
            unasked=unasked_resends(connection, received),
            waiting=sum(state in ("held", "conflict") for state in states.values()),
            chain=verify(connection).ok,
            counts=_counted(connection) == _kept_counts(connection),
        )


def unasked_resends(connection: Connection, received: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (batch, document number) of rows that were sent while their fate was unknown.

    A row's fate is unknown from the arrival of a batch whose attempt the hub never finished, or
    finished in doubt, until the platform was asked about that batch or about its number. The same
    bytes under the same batch number are no new send.
    """
    rows, known = _rows(connection), _known_batches(connection)
    events = sorted([*received["calls"], *received["queries"]], key=lambda one: one["sequence"])
    doubtful: dict[str, str] = {}
    culprits = []
    for event in events:
        if "parameters" in event:
            asked = event["parameters"]
            number, about = asked.get("documentNumber"), asked.get("batchNo")
            doubtful = {
                key: sent for key, sent in doubtful.items() if key != number and sent != about
            }
            continue
        sent = event["batchNo"]
        for key in rows.get(sent, ()):
            if doubtful.get(key, sent) != sent:
                culprits.append((sent, key))
            doubtful.pop(key, None)
            if sent not in known:
                doubtful[key] = sent
    return culprits


def _rows(connection: Connection) -> dict[str, set[str]]:
    """Return batch number → document numbers, as the hub noted them before it sent anything."""
    rows: dict[str, set[str]] = {}
    statement = (
        sa.select(batch.c.number, submission.c.platform_key)
        .select_from(batch_row)
        .join(batch)
        .join(submission, submission.c.id == batch_row.c.submission_id)
    )
    for number, key in connection.execute(statement):
        rows.setdefault(number, set()).add(key)
    return rows


def _known_batches(connection: Connection) -> set[str]:
    statement = (
        sa.select(batch.c.number)
        .join(attempt)
        .where(attempt.c.purpose == "send", attempt.c.outcome.in_(sorted(KNOWN)))
    )
    return set(connection.execute(statement).scalars())


def _states(connection: Connection) -> dict[str, str]:
    """Return document number → state of its last submission."""
    statement = (
        sa.select(holding.c.wanted_key, submission.c.state)
        .join(holding, holding.c.id == submission.c.holding_id)
        .order_by(submission.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _counted(connection: Connection) -> dict[str, int]:
    statement = sa.select(submission.c.state, sa.func.count()).group_by(submission.c.state)
    return {row[0]: row[1] for row in connection.execute(statement)}


def _kept_counts(connection: Connection) -> dict[str, int]:
    statement = sa.select(submission_count.c.state, submission_count.c.submissions)
    return {row[0]: row[1] for row in connection.execute(statement) if row[1]}
