"""What a table must have for its rows to be there once and wholly (表的条件).

Without a unique row key, a resend beside a commit under way puts the same rows in twice. Without
transactions, what was told as undone stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from xinqiao.adapters.exchange_db.layout import Role
from xinqiao.adapters.exchange_db.statements import Statements


@dataclass(frozen=True, slots=True)
class _Questions:
    """What a family is asked, each with ``:name``, ``:schema``, ``:quoted`` and ``:key`` filled in.

    Attributes:
        unique: Whether a unique index or primary key covers the row key alone.
        transactions: Whether the table belongs to an engine that can undo; empty where all can.
    """

    unique: str
    transactions: str = ""


_QUESTIONS: Mapping[str, _Questions] = MappingProxyType(
    {
        "sqlite": _Questions(
            unique="""
            SELECT (SELECT group_concat(name) FROM pragma_table_info(:name) WHERE pk > 0) = :key
                OR EXISTS (
                    SELECT 1 FROM pragma_index_list(:name) AS made
                    WHERE made."unique" AND NOT made.partial AND :key = (
                        SELECT group_concat(name) FROM pragma_index_info(made.name)
                    )
                )
            """,
        ),
        "postgresql": _Questions(
            unique="""
            SELECT EXISTS (
                SELECT 1 FROM pg_index AS made
                JOIN pg_attribute AS held
                    ON held.attrelid = made.indrelid AND held.attnum = made.indkey[0]
                WHERE made.indrelid = to_regclass(:quoted) AND made.indisunique
                    AND made.indisvalid AND made.indpred IS NULL AND made.indnkeyatts = 1
                    AND held.attname = :key
            )
            """,
        ),
        "mysql": _Questions(
            unique="""
            SELECT EXISTS (
                SELECT 1 FROM information_schema.statistics
                WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name
                    AND non_unique = 0
                GROUP BY index_name
                HAVING COUNT(*) = 1 AND MAX(column_name) = :key
            )
            """,
            transactions="""
            SELECT COALESCE(made.transactions, 'NO') = 'YES'
            FROM information_schema.tables AS told
            LEFT JOIN information_schema.engines AS made ON made.engine = told.engine
            WHERE told.table_schema = COALESCE(:schema, DATABASE()) AND told.table_name = :name
            """,
        ),
    }
)
"""Family → its questions; the others must be asked of the owner of the database."""


def has_transactions(connection: Connection, statements: Statements, family: str) -> bool:
    """Return whether what is written into a table can be undone, as far as a family has a choice.

    Raises:
        SQLAlchemyError: The database could not be asked.
    """
    questions = _QUESTIONS.get(family)
    if questions is None or not questions.transactions:
        return True
    told = connection.execute(sa.text(questions.transactions), _filled(statements)).scalar()
    # a table that cannot be seen is told by the statement that needs it
    return told is None or bool(told)


def has_unique_key(connection: Connection, statements: Statements, family: str) -> bool | None:
    """Return whether the database refuses a second row with one row key; None if it is unknown."""
    questions = _QUESTIONS.get(family)
    if questions is None:
        return None
    try:
        told = connection.execute(sa.text(questions.unique), _filled(statements)).scalar()
    except SQLAlchemyError:
        # relatives of a make do not have all of its catalogues
        return None
    return bool(told)


def _filled(statements: Statements) -> dict[str, str | None]:
    table, schema = statements.table, statements.schema
    key = table.column_of(Role.ROW_KEY)
    parts = (schema, table.name)
    return {
        "name": table.name,
        "schema": schema,
        "quoted": ".".join(f'"{part}"' for part in parts if part is not None),
        "key": key.name if key is not None else "",
    }
