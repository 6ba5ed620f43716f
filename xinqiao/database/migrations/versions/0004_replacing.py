"""Platforms that take a newer version only after the old one was withdrawn (先撤后报)."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Say of each holding whether its platform has to let go of the old version first."""
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
