"""Behaviour codes of safety credit (行为代码表), imported by the bureau edition by edition."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Identity, Instant, JsonText

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table of editions; it begins empty."""
    op.create_table(
        "behaviour_edition",
        sa.Column("id", Identity, nullable=False),
        sa.Column("edition", sa.Text(), nullable=False, comment="行为代码版本"),
        sa.Column("behaviours", JsonText(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behaviour_edition")),
        comment="behaviour codes that the bureau imported; the last of an edition holds (行为代码表)",
    )
    op.create_index("ix_behaviour_edition_edition", "behaviour_edition", ["edition"])
