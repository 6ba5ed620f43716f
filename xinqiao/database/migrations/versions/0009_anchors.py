"""Signed checkpoints of the log, and where outside each was written."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.dialect import append_only_triggers
from xinqiao.database.types import Identity, Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make room for anchors, which are only ever added."""
    op.create_table(
        "anchor",
        sa.Column("number", Identity, primary_key=True, autoincrement=False),
        sa.Column("last", Identity, nullable=False, comment="number of the last entry covered"),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="RFC 8785 text of the signed anchor"),
        comment="signed checkpoints of the log (锚点)",
    )
    op.create_table(
        "anchor_copy",
        sa.Column("number", Identity, sa.ForeignKey("anchor.number"), primary_key=True),
        sa.Column("place", sa.String(400), primary_key=True, comment="folder or mail address"),
        sa.Column("at", Instant(), nullable=False, comment="when it was written there"),
        comment="which anchor was written to which place outside (锚点副本)",
    )
    for statement in append_only_triggers(op.get_bind().dialect.name, "anchor"):
        op.execute(statement)
