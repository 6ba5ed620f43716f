"""Durable backoff: when a submission or a platform is tried again.

The intervals are computed by tenacity's wait strategies; nothing waits here. Being late never
shortens an interval nor ends the tries: a duty stays a duty.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential with jitter, capped.

    Attributes:
        first: Seconds after the first failure.
        longest: Cap in seconds; jitter of up to a quarter comes on top.
    """

    first: float
    longest: float

    def after(self, failures: int) -> timedelta:
        """Return how long to wait after ``failures`` failures in a row, 1 or more."""
        exponential = wait_exponential(multiplier=self.first, max=self.longest)
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = max(1, failures)
        seconds = exponential(state)
        return timedelta(seconds=seconds + wait_random(0, seconds / 4)(state))

    def next_at(self, now: datetime, failures: int) -> datetime:
        """Return the instant of the next try."""
        return now + self.after(failures)
