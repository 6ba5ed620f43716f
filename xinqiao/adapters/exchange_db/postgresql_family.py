"""Databases that descend from PostgreSQL and call themselves otherwise (瀚高, 人大金仓, 海量)."""

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_ASSUMED = (12,)
"""Release of PostgreSQL whose language is spoken to a server whose version text is unknown."""


class RelatedToPostgresql(PGDialect_psycopg):
    """PostgreSQL's dialect that puts up with a version text of another make."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        try:
            told: tuple[int, ...] = super()._get_server_version_info(connection)  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
        except AssertionError:  # how SQLAlchemy says that it cannot read the text
            return _ASSUMED
        return told
