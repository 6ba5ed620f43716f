"""Platforms that take a newer version only after the old one was withdrawn (先撤后报)."""

import sqlalchemy as sa
from alembic import op

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
