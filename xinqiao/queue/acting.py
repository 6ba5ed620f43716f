"""A person's action that takes several transactions, each with the instant of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.engine import Connection

from xinqiao.queue.transitions import Cause

Acting = Callable[[], AbstractContextManager[tuple[Connection, Cause]]]
"""Opens a write transaction and says who acts in it, when by the database's clock, and why."""

ActingFor = Callable[[str], AbstractContextManager[tuple[Connection, Cause]]]
"""The same, for a reason that the person gives."""
