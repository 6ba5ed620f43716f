"""A ledger that shows a record as it was sent is a receipt, where no other one came (台账佐证)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import LedgerEntry, Operation, SealedRow
from xinqiao.database.chunks import in_chunks
from xinqiao.database.tables import submission
from xinqiao.errors import DamageError
from xinqiao.mapping.registry import format_for
from xinqiao.privacy.keys import KeyRing
from xinqiao.queue.batches import open_batch
from xinqiao.queue.previous import previous_values
from xinqiao.queue.resolution import judge
from xinqiao.queue.settlement import Decision, settle
from xinqiao.queue.states import State
from xinqiao.queue.tickets import Ticket, read_tickets, select_tickets
from xinqiao.queue.verdicts import Verdict, differing
from xinqiao.queue.worker import Worker
from xinqiao.reconcile.ledgers.ours import Scope
from xinqiao.reconcile.unanswered import CODE as OVERDUE

log = structlog.get_logger()

CODE = "ledger"
"""Code of an acceptance that rests on the platform's ledger."""

_MESSAGE = "对账时平台台账上有这条记录，与报送的相同"

_UNANSWERED = sa.or_(
    submission.c.state == State.AWAITING_RECEIPT.value,
    sa.and_(submission.c.state == State.HELD.value, submission.c.code == OVERDUE),
)
"""What the platform took, and of which it said nothing more."""


def accept_shown(worker: Worker, scope: Scope, shown: Mapping[str, LedgerEntry]) -> int:
    """Accept what waits for a receipt and stands in the ledger as it was sent.

    An entry that tells no more than the key proves nothing, and neither does one that shows what
    the platform held before.

    Args:
        worker: What the queue's work needs.
        scope: Whose ledger it is.
        shown: The platform's key → entry.

    Returns:
        How many submissions were accepted.
    """
    with worker.database.reading() as connection:
        tickets = _unanswered(connection, scope, shown)
        decisions = list(_decisions(connection, tickets, shown, worker.keys))
    if not decisions:
        return 0
    with worker.database.writing() as connection:
        return len(settle(connection, decisions, worker.cause(connection), scope.moment))


def _unanswered(
    connection: Connection, scope: Scope, shown: Mapping[str, LedgerEntry]
) -> list[Ticket]:
    found: list[Ticket] = []
    for chunk in in_chunks(sorted(shown)):
        statement = select_tickets().where(
            submission.c.platform_key.in_(chunk),
            submission.c.platform == scope.platform,
            submission.c.kind == scope.kind,
            submission.c.batch_id.is_not(None),
            _UNANSWERED,
        )
        found += read_tickets(connection, statement)
    return sorted(found, key=lambda one: (one.batch_id or 0, one.id))


def _decisions(
    connection: Connection,
    tickets: Sequence[Ticket],
    shown: Mapping[str, LedgerEntry],
    keys: KeyRing,
) -> Iterable[Decision]:
    for batch_id, group in groupby(tickets, key=lambda one: one.batch_id or 0):
        of_batch = list(group)
        try:
            batch = open_batch(connection, batch_id, keys).batch
            previous = previous_values(connection, of_batch, keys)
        except DamageError as error:
            log.warning("ledger.not_compared", batch_id=batch_id, code=error.code)
            continue
        for ticket in of_batch:
            sent = batch.rows[(ticket.row_number or 1) - 1]
            entry = shown[ticket.platform_key or ""]
            before = previous.get(ticket.id)
            if not _proves(ticket, sent, entry, before):
                continue
            # what the ledger shows is believed, wherever it was sent to
            judged = judge(ticket, batch.operation, sent, [entry], before, elsewhere=False)
            if judged.after is State.ACCEPTED:
                verdict = Verdict(judged.verdict.outcome, CODE, _MESSAGE, entry.reference, entry.at)
                yield Decision(ticket, State.ACCEPTED, verdict)


def _proves(
    ticket: Ticket, sent: SealedRow, entry: LedgerEntry, before: Mapping[str, str] | None
) -> bool:
    """Tell whether an entry can tell what was sent from what stood there before."""
    told = set(sent.values) & set(entry.values)
    if told <= set(format_for(ticket.platform, ticket.kind).table.key_fields):
        return False
    if ticket.operation == Operation.INSERT:
        return True
    return before is not None and bool(differing(before, entry.values))
