"""Joint offenders, exemptions, withdrawals, the key as sent, and imported calendars."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Identity, Instant, JsonText

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what penalties, withdrawal, ledgers and notices on holidays need."""
    op.add_column(
        "record",
        sa.Column("document_key", sa.Text(), comment="the key without its subject (同一文书号)"),
    )
    op.add_column(
        "record",
        sa.Column("exemption", sa.String(40), comment="rule by which nobody is owed it (不报送)"),
    )
    op.create_index("ix_record_document_key", "record", ["document_key"])
    # permits have one subject: the whole key is the document's
    op.execute(sa.text("UPDATE record SET document_key = matching_key"))
    op.add_column(
        "submission",
        sa.Column("platform_key", sa.Text(), comment="key of the row as sent; null before"),
    )
    op.create_index("ix_submission_platform_key", "submission", ["platform_key"])
    op.execute(
        sa.text(
            "UPDATE submission SET platform_key = (SELECT wanted_key FROM holding"
            " WHERE holding.id = submission.holding_id) WHERE batch_id IS NOT NULL"
        )
    )
    op.create_index("ix_holding_held_key", "holding", ["held_key"])
    op.create_table(
        "withdrawal",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="what revoked the decision"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_withdrawal_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_withdrawal")),
        comment="the decision was revoked or void: no platform should hold it (撤回)",
    )
    op.create_table(
        "calendar_notice",
        sa.Column("id", Identity, nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="发文字号"),
        sa.Column("year", sa.Integer(), comment="year whose whole schedule it sets"),
        sa.Column("days", JsonText(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_notice")),
        comment="notices on holidays that the bureau imported; the last of a number holds (放假通知)",
    )
    op.create_index("ix_calendar_notice_number", "calendar_notice", ["number"])
