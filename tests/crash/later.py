"""A clock ahead of the system's, so that nobody need wait for a lease to end."""

from datetime import datetime, timedelta

from xinqiao.clock import Clock


class Later(Clock):
    """The system's clock, so many seconds ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        """Return the later time."""
        return super().now() + timedelta(seconds=self.ahead)
