"""Opening the database, and the two kinds of transaction on it.

Writers queue, on either database, and readers never wait for them; see
:mod:`xinqiao.database.dialect` for how each does it.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from xinqiao.database.complaints import explain, unfit_text
from xinqiao.database.dialect import begin_options, create_engine, take_turn


class Database:
    """One database of one workspace.

    Args:
        url: SQLAlchemy URL.
        busy_seconds: How long a writer waits for another one.
    """

    def __init__(self, url: str, busy_seconds: float = 30) -> None:
        """Prepare the engine; nothing is opened before the first transaction."""
        self.engine = create_engine(sa.engine.make_url(url), busy_seconds)
        self.url = self.engine.url
        # whoever forgets to close it leaves no connection behind
        weakref.finalize(self, self.engine.dispose)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements see one consistent state."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction: commits at the end, or undoes everything."""
        with self._transaction(writes=True) as connection:
            yield connection

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                chosen = connection.execution_options(**begin_options(self.url, writes=writes))
                with chosen.begin():
                    if writes:
                        take_turn(chosen)
                    yield chosen
        except UnicodeEncodeError:
            # a terminal or a file name passed on bytes undecoded; the error itself quotes the text
            raise unfit_text(self.url) from None
        except DBAPIError as error:
            explained = explain(error, self.url)
            if explained is None:
                raise
            raise explained from error
