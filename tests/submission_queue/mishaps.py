"""What goes wrong around a worker: a database that goes away, and platforms that take a moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from tests.submission_queue.world import PATIENCE_SECONDS, World, accepted
from xinqiao.adapters.base import Reply, SealedBatch
from xinqiao.database.engine import Database
from xinqiao.errors import BusyError


class ShakyDatabase(Database):
    """The same database, over a line that fails when it is told to.

    Attributes:
        away: So many write transactions more cannot begin.
        unheard: So many write transactions more are committed, and nobody hears of it.
    """

    def __init__(self, database: Database) -> None:
        """Open ``database`` once more, as another process would."""
        super().__init__(database.url.render_as_string(hide_password=False), PATIENCE_SECONDS)
        self.away = 0
        self.unheard = 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a write transaction, or fail."""
        if self.away:
            self.away -= 1
            raise BusyError("连不上数据库", code="database_unreachable")
        with super().writing() as connection:
            yield connection
        if self.unheard:
            self.unheard -= 1
            raise BusyError("连不上数据库", code="database_unreachable")


@contextmanager
def shaky(world: World) -> Iterator[ShakyDatabase]:
    """Give the world's database over a shaky line, closed at the end."""
    made = ShakyDatabase(world.database)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def most_at_once(world: World, moment_seconds: float = 0.05) -> Iterator[list[int]]:
    """Let every answer take a moment; give how many calls were under way as each began."""
    lock = threading.Lock()
    under_way: list[str] = []
    seen: list[int] = []

    def answer(batch: SealedBatch) -> Reply:
        with lock:
            under_way.append(batch.number)
            seen.append(len(under_way))
        # whoever else may call does so meanwhile
        threading.Event().wait(moment_seconds)
        with lock:
            under_way.remove(batch.number)
        return accepted(batch)

    world.connector.answers = [answer] * 100
    yield seen
