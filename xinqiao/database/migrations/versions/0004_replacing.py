"""Platforms with other ways: a newer version replaces the old one (先撤后报), profiles change."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Note what replaces, until when a call lasts, and where a batch went."""
    op.add_column(
        "holding",
        sa.Column(
            "replaces",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a newer version is taken only after the old one was withdrawn",
        ),
    )
    # of calls that were begun before it is not known: their submissions tell it
    op.add_column(
        "attempt",
        sa.Column(
            "until", Instant(), nullable=True, comment="after this it is over, whatever became"
        ),
    )
    op.add_column(
        "batch",
        sa.Column(
            "way_digest", sa.String(64), nullable=True, comment="where it went; null: not noted"
        ),
    )
