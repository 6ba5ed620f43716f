"""Leaving a platform alone that cannot be used: its outage is never a submission's fault (熔断)."""

from datetime import timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import TOO_LATE, Outcome, Reply
from xinqiao.queue.incidents import IncidentKind, note_incident
from xinqiao.queue.platforms import note_failure, note_success, pause, standing
from xinqiao.queue.retry import Backoff
from xinqiao.queue.transitions import Cause

log = structlog.get_logger()

_TROUBLE = frozenset({Outcome.RATE_LIMITED, Outcome.AUTH, Outcome.RETRYABLE})
"""Outcomes that speak of the platform and not of what it was sent."""

FAILURES_BEFORE_INCIDENT = 3
"""So many failures in a row are told to people; fewer are the ordinary life of a network."""

_PAUSED = "平台不认可凭据，已暂停；更正凭据后用 xinqiao platforms resume 恢复"


def is_trouble(reply: Reply, *, sent: bool = False) -> bool:
    """Tell whether a reply speaks against the platform.

    No answer at all does. An answer that nobody understands does only after a send: with every
    further one there would be more submissions of which nobody knows what became of them.

    Args:
        reply: What a call came to.
        sent: Whether something was sent, and not only asked.
    """
    if reply.outcome is Outcome.IN_DOUBT:
        return sent or not reply.raw
    return reply.outcome in _TROUBLE


def note_reply(
    connection: Connection,
    platform: str,
    reply: Reply,
    backoff: Backoff,
    cause: Cause,
    *,
    sent: bool = False,
) -> timedelta:
    """Note whether the platform works; return how long it is left alone.

    A wait that the platform asks for is obeyed. Refused credentials pause it until a person has
    looked: trying on would only lock the account. Of several calls that fail at the same time only
    the first counts: they tell of one outage.
    """
    if reply.code == TOO_LATE:
        return timedelta()
    if not is_trouble(reply, sent=sent):
        note_success(connection, platform, cause)
        return timedelta()
    stands = standing(connection, platform)
    if stands.next_call_at is not None and stands.next_call_at > cause.at:
        asked_for = timedelta(seconds=reply.retry_after or 0)
        resting = max(stands.next_call_at - cause.at, asked_for)
        note_failure(connection, platform, stands.failures, cause.at + resting)
    else:
        resting = _rest(connection, platform, reply, stands.failures + 1, backoff, cause)
    if reply.outcome is Outcome.AUTH and stands.paused_at is None:
        pause(connection, platform, Cause(cause.actor, cause.at, _PAUSED))
        note_incident(connection, IncidentKind.CREDENTIALS, platform, reply.message, cause)
    return resting


def _rest(
    connection: Connection,
    platform: str,
    reply: Reply,
    failures: int,
    backoff: Backoff,
    cause: Cause,
) -> timedelta:
    resting = backoff.after(failures)
    if reply.retry_after is not None:
        resting = timedelta(seconds=reply.retry_after)
    note_failure(connection, platform, failures, cause.at + resting)
    if failures >= FAILURES_BEFORE_INCIDENT and reply.outcome is not Outcome.RATE_LIMITED:
        note_incident(connection, IncidentKind.UNUSABLE, platform, reply.message, cause)
    log.warning(
        "platform.resting",
        platform=platform,
        outcome=reply.outcome.value,
        code=reply.code,
        failures=failures,
        seconds=round(resting.total_seconds(), 1),
    )
    return resting
