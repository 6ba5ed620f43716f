"""Leaving a platform alone that cannot be used: its outage is never a submission's fault."""

from datetime import timedelta

import structlog
from sqlalchemy.engine import Connection

from xinqiao.adapters.base import Outcome, Reply
from xinqiao.queue.platforms import note_failure, note_success, pause, standing
from xinqiao.queue.retry import Backoff
from xinqiao.queue.transitions import Cause

log = structlog.get_logger()

TROUBLE = frozenset({Outcome.RATE_LIMITED, Outcome.AUTH, Outcome.RETRYABLE})
"""Outcomes that speak of the platform and not of what it was sent."""


def note_reply(
    connection: Connection, platform: str, reply: Reply, backoff: Backoff, cause: Cause
) -> timedelta:
    """Note whether the platform works; return how long it is left alone.

    A wait that the platform asks for is obeyed. Refused credentials pause it until a person has
    looked: trying on would only lock the account.
    """
    if reply.outcome not in TROUBLE:
        note_success(connection, platform, cause.at)
        return timedelta()
    failures = standing(connection, platform).failures + 1
    resting = backoff.after(failures)
    if reply.retry_after is not None:
        resting = timedelta(seconds=reply.retry_after)
    note_failure(connection, platform, failures, cause.at + resting)
    if reply.outcome is Outcome.AUTH:
        why = "平台不认可凭据，已暂停；更正凭据后用 xinqiao platforms resume 恢复"
        pause(connection, platform, Cause(cause.actor, cause.at, why))
    log.warning(
        "platform.resting",
        platform=platform,
        outcome=reply.outcome.value,
        code=reply.code,
        failures=failures,
        seconds=round(resting.total_seconds(), 1),
    )
    return resting
