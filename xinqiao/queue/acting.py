"""A person's action that takes several transactions, each with the instant of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy.engine import Connection

from xinqiao.audit.append import append
from xinqiao.audit.chain import Detail, Entry
from xinqiao.errors import InputError, RefusedError
from xinqiao.queue.transitions import Cause

Acting = Callable[[], AbstractContextManager[tuple[Connection, Cause]]]
"""Opens a write transaction and says who acts in it, when by the database's clock, and why."""

ActingFor = Callable[[str], AbstractContextManager[tuple[Connection, Cause]]]
"""The same, for a reason that the person gives."""


@contextmanager
def refusals_noted(
    acting: ActingFor,
    reason: str,
    action: str,
    *,
    platform: str | None = None,
    details: Mapping[str, Detail] | None = None,
) -> Iterator[None]:
    """Audit what is refused within, in a transaction of its own, and let the refusal go on.

    Args:
        acting: Gives that transaction, and who acts.
        reason: Of the attempt, in the person's words.
        action: Name of the entry, such as ``outage.record_refused``.
        platform: Platform concerned, if one is.
        details: Further facts; why it was refused is added.
    """
    try:
        yield
    except (InputError, RefusedError) as error:
        told = {**(details or {}), "why": error.message}
        entry = Entry(action, platform=platform, reason=reason, details=told)
        with acting(reason) as (connection, cause):
            append(connection, [entry], actor=cause.actor, at=cause.at)
        raise
