"""What is shown to the public and until when, repairs and objections, and handling by the bureau."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Instant

revision = "0006"
down_revision = "0005"

ENDS = sa.text("shown_until IS NOT NULL")


def upgrade() -> None:
    """Note what may be shown, what is taken down, and what repairs and objections are about."""
    op.add_column(
        "holding",
        sa.Column(
            "removal",
            sa.String(20),
            nullable=False,
            server_default="withdraw",
            comment="how the platform lets go of it, when it should hold nothing",
        ),
    )
    op.add_column(
        "holding",
        sa.Column("shown_until", sa.Date(), comment="last day it may be shown to the public"),
    )
    op.create_index(
        "ix_holding_shown_until",
        "holding",
        ["shown_until"],
        sqlite_where=ENDS,
        postgresql_where=ENDS,
    )
    with op.batch_alter_table("duty") as duty:
        duty.drop_constraint(op.f("ck_duty_closed_by"), type_="check")
        duty.create_check_constraint(
            op.f("ck_duty_closed_by"), "closed_by IN ('accepted', 'waived', 'handled')"
        )
    _create_decisions()
    op.create_table(
        "target",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="plain 文书号, or 记录标识"),
        sa.Column("target_kind", sa.Text(), nullable=False, comment="a known word, or empty"),
        sa.Column("subject_hash", sa.String(64)),
        sa.Column("settled", sa.Boolean(), nullable=False, comment="repaired, or handled and told"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_target_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_target")),
        comment="which records a repair, a notice of one or an objection is about (所指文书)",
    )
    op.create_index("ix_target_subject_hash", "target", ["subject_hash"])


def _create_decisions() -> None:
    op.create_table(
        "take_down",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="what it rests on; may be empty"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(
            "why IN ('repaired', 'ended', 'minor', 'forbidden', 'person')",
            name=op.f("ck_take_down_why"),
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_take_down_record_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_take_down")),
        comment="the record is shown to the public no more, until a person says otherwise (下架)",
    )
    op.create_table(
        "publication_look",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="the version that was looked at"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_publication_look_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_publication_look")),
        comment="a person looked at free text before it is shown (公开前查看)",
    )
    op.create_table(
        "classification",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column(
            "published", sa.Boolean(), nullable=False, comment="shown though the class says not"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_classification_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_classification")),
        comment="how grave a person says the dishonesty is (失信程度)",
    )
