"""By which format tables a record was planned, and whether a withdrawn row stays under its key."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Note what is known of the tables so far; what is not is planned again by those in use."""
    op.add_column(
        "holding",
        sa.Column(
            "leaves_key",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="a withdrawn row stays there under its key, marked void",
        ),
    )
    op.add_column(
        "holding",
        sa.Column("format_digest", sa.String(64), comment="of the tables it was planned by"),
    )
    # until now no workspace had tables of its own, and only this one had a mark for void rows
    op.execute(
        sa.text(
            "UPDATE holding SET leaves_key = :marked WHERE platform = 'credit_shandong' AND"
            " record_id IN (SELECT id FROM record WHERE kind = 'permit')"
        ).bindparams(marked=True)
    )
