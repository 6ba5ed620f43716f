"""Access tokens (访问令牌) that the stand-in has given out."""

import secrets
from datetime import datetime, timedelta

from xinqiao.clock import Clock


class Tokens:
    """The tokens given out and until when each is good. Not safe for threads by itself."""

    def __init__(self, clock: Clock, seconds: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._good_until: dict[str, datetime] = {}

    def issue(self) -> str:
        """Return a new token."""
        token = secrets.token_urlsafe(24)
        self._good_until[token] = self._clock.now() + timedelta(seconds=self._seconds)
        return token

    def good(self, token: str) -> bool:
        """Return whether ``token`` was given out here and has not run out."""
        until = self._good_until.get(token)
        return until is not None and self._clock.now() < until

    def revoke(self, token: str) -> None:
        """Let ``token`` run out now."""
        self._good_until.pop(token, None)
