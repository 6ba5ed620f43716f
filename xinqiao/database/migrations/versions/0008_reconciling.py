"""Reviews, outages, differences with their life, readings of ledgers, and what was taken over."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Identity, Instant, JsonText

revision = "0008"
down_revision = "0007"

OPEN = sa.text("closed_at IS NULL")
BEFORE_START = sa.text("before_start")
WITH_REFERENCE = sa.text("reference <> ''")
ADOPTED = sa.text("adopted_at IS NOT NULL")


def upgrade() -> None:
    """Note what is reviewed, when platforms stood still, what differs and what was held before."""
    op.add_column(
        "holding",
        sa.Column(
            "differs",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="the platform shows something else under the key: our version goes there again",
        ),
    )
    op.add_column(
        "holding",
        sa.Column("adopted_at", Instant(), comment="set: taken over as held, not sent by us"),
    )
    op.add_column(
        "holding",
        sa.Column("taken_in_at", Instant(), comment="of what was taken over: as the platform says"),
    )
    op.add_column(
        "holding",
        sa.Column("adopted_version", sa.Integer(), comment="the version that was taken over"),
    )
    op.add_column(
        "holding", sa.Column("adopted_key", sa.Text(), comment="and the platform's key of it")
    )
    op.add_column(
        "holding",
        sa.Column(
            "before_start",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="decided before the hub reported there: nobody owes it, wanted_key finds it",
        ),
    )
    op.create_index("ix_holding_wanted_key", "holding", ["wanted_key"])
    op.create_index(
        "ix_holding_reference",
        "holding",
        ["reference"],
        sqlite_where=WITH_REFERENCE,
        postgresql_where=WITH_REFERENCE,
    )
    for name, where in (("before_start", BEFORE_START), ("adopted", ADOPTED)):
        op.create_index(
            f"ix_holding_{name}",
            "holding",
            ["platform"],
            sqlite_where=where,
            postgresql_where=where,
        )
    with op.batch_alter_table("duty") as duty:
        duty.add_column(
            sa.Column("reported_by", sa.String(20), comment="which moment that is: see the profile")
        )
        duty.add_column(
            sa.Column(
                "counted_on",
                sa.Date(),
                comment="last day without outages; null: the same as due_on",
            )
        )
        duty.drop_constraint(op.f("ck_duty_closed_by"), type_="check")
        duty.create_check_constraint(
            op.f("ck_duty_closed_by"), "closed_by IN ('accepted', 'waived', 'handled', 'adopted')"
        )
    _create_decisions()
    _create_readings()
    _create_differences()
    _create_adoptions()


def _create_decisions() -> None:
    op.create_table(
        "review",
        sa.Column("id", Identity, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="the version that was reviewed"),
        sa.Column(
            "approved", sa.Boolean(), nullable=False, comment="false: returned to its department"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_review_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        comment="what a second person said before a version is sent; the last one holds (报送前审核)",
    )
    op.create_index("ix_review_record_id", "review", ["record_id", "version"])
    op.create_table(
        "outage",
        sa.Column("id", Identity, nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="name of the file that proves it"),
        sa.Column("evidence_sha256", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), comment="set: it was recorded by mistake"),
        sa.Column("revoked_reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        comment="a proven outage of a platform, by which time limits move (平台停机)",
    )
    op.create_index("ix_outage_platform", "outage", ["platform"])


def _create_readings() -> None:
    op.create_table(
        "ledger_reading",
        sa.Column("id", Identity, nullable=False),
        sa.Column("platform", sa.String(40), nullable=False, comment="or source: the case system"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False, comment="api, table or file"),
        sa.Column("file_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("file_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), comment="null: under way, or broken off"),
        sa.Column("entries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "incomplete", sa.Text(), nullable=False, server_default="", comment="why, masked"
        ),
        sa.Column(
            "mark_on", sa.Date(), comment="up to this day everything was seen, without a gap"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_reading")),
        comment="one reading of a ledger, and how far it proves to be complete (台账读取)",
    )
    op.create_index("ix_ledger_reading_platform", "ledger_reading", ["platform", "kind", "id"])
    op.create_table(
        "ledger_line",
        sa.Column("reading_id", Identity, nullable=False),
        sa.Column(
            "entry_hash",
            sa.String(32),
            nullable=False,
            comment="keyed hash of the platform's id",
        ),
        sa.Column("key_hash", sa.String(32), nullable=False, comment="keyed hash of the key there"),
        sa.Column("holding_id", Identity, comment="ours, where there is one"),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["ledger_reading.id"], name=op.f("fk_ledger_line_reading_id")
        ),
        sa.PrimaryKeyConstraint("reading_id", "entry_hash", name=op.f("pk_ledger_line")),
        comment="what a reading under way has seen; emptied at its end (台账行)",
    )
    op.create_index("ix_ledger_line_key_hash", "ledger_line", ["reading_id", "key_hash"])
    op.create_index("ix_ledger_line_holding_id", "ledger_line", ["reading_id", "holding_id"])


def _create_differences() -> None:
    op.create_table(
        "difference",
        sa.Column("id", Identity, nullable=False),
        sa.Column("platform", sa.String(40), nullable=False, comment="or source: the case system"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("what", sa.String(30), nullable=False, comment="what is different"),
        sa.Column("key_hash", sa.String(64), nullable=False, comment="keyed hash of the key there"),
        sa.Column("document_number", sa.Text(), nullable=False, comment="the key there, masked"),
        sa.Column("record_id", sa.String(length=36), comment="ours, where there is one"),
        sa.Column("department", sa.Text(), nullable=False, server_default=""),
        sa.Column("details", JsonText(), nullable=False, comment="masked"),
        sa.Column(
            "content_hash",
            sa.String(64),
            nullable=False,
            comment="keyed hash of what differs, unmasked",
        ),
        sa.Column("suggested", sa.String(20), nullable=False, comment="what to do about it"),
        sa.Column(
            "lies_from", sa.Date(), nullable=False, comment="first day on which it may stand there"
        ),
        sa.Column(
            "lies_to", sa.Date(), nullable=False, comment="last day on which it may stand there"
        ),
        sa.Column("seen_by", Identity, comment="reading that saw it last, if one did"),
        sa.Column("opened_at", Instant(), nullable=False, comment="the last time it was opened"),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, comment="how often it was opened"),
        sa.Column("closed_at", Instant()),
        sa.Column("closed_by", sa.String(20), comment="gone, or the action of a person"),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_difference_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference")),
        sa.UniqueConstraint(
            "platform",
            "kind",
            "what",
            "key_hash",
            name=op.f("uq_difference_platform_kind_what_key_hash"),
        ),
        comment="one thing in which two sides differ: opened once, closed once (对账差异)",
    )
    op.create_index("ix_difference_record_id", "difference", ["record_id"])
    op.create_index(
        "ix_difference_open",
        "difference",
        ["platform", "kind"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "difference_event",
        sa.Column("id", Identity, nullable=False),
        sa.Column("difference_id", Identity, nullable=False),
        sa.Column(
            "what", sa.String(20), nullable=False, comment="opened, closed, reopened or acted"
        ),
        sa.Column("action", sa.String(20), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column(
            "evidence", JsonText(), nullable=False, comment="names and SHA-256 of files shown"
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["difference_id"], ["difference.id"], name=op.f("fk_difference_event_difference_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difference_event")),
        comment="what became of a difference, in order (差异经过)",
    )
    op.create_index("ix_difference_event_difference_id", "difference_event", ["difference_id"])


def _create_adoptions() -> None:
    op.create_table(
        "adoption",
        sa.Column("id", Identity, nullable=False),
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False, comment="api, table or file"),
        sa.Column("file_name", sa.Text(), nullable=False, server_default=""),
        sa.Column("file_sha256", sa.String(64), nullable=False, server_default=""),
        sa.Column("counts", JsonText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "incomplete", sa.Text(), nullable=False, server_default="", comment="why, masked"
        ),
        sa.Column("undone_at", Instant()),
        sa.Column("undone_reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption")),
        comment="what was reported before us was taken over as held (存量接管)",
    )
    op.create_table(
        "adopted_entry",
        sa.Column("platform", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False, comment="keyed hash of the key there"),
        sa.Column(
            "adoption_id",
            Identity,
            nullable=False,
            comment="by which our record is held as this; without one, the first that told it",
        ),
        sa.Column(
            "first_adoption_id",
            Identity,
            nullable=False,
            comment="the first that told it: undoing a later one leaves it known",
        ),
        sa.Column("entry", sa.LargeBinary(), nullable=False, comment="what it told, encrypted"),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("taken_in_at", Instant(), comment="as the platform says"),
        sa.Column("record_id", sa.String(length=36), comment="ours, once it is held as this"),
        sa.ForeignKeyConstraint(
            ["adoption_id"], ["adoption.id"], name=op.f("fk_adopted_entry_adoption_id")
        ),
        sa.ForeignKeyConstraint(
            ["first_adoption_id"],
            ["adoption.id"],
            name=op.f("fk_adopted_entry_first_adoption_id"),
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_adopted_entry_record_id")
        ),
        sa.PrimaryKeyConstraint("platform", "kind", "key_hash", name=op.f("pk_adopted_entry")),
        comment="what a platform held before us, with our record of it or without one (存量条目)",
    )
    op.create_index("ix_adopted_entry_adoption_id", "adopted_entry", ["adoption_id"])
    op.create_index("ix_adopted_entry_record_id", "adopted_entry", ["record_id"])
    op.create_table(
        "adoption_line",
        sa.Column("run", sa.String(36), nullable=False, comment="one reading, tried or in earnest"),
        sa.Column("key_hash", sa.String(64), nullable=False, comment="keyed hash of the key there"),
        sa.Column(
            "entry_hash", sa.String(64), nullable=False, comment="tells a repeat from another"
        ),
        sa.Column(
            "repeated", sa.Boolean(), nullable=False, comment="stands there with two contents"
        ),
        sa.Column("entry", sa.LargeBinary(), nullable=False, comment="what it told, encrypted"),
        sa.Column("key_id", sa.String(20), nullable=False),
        sa.Column("holding_id", Identity, comment="ours, where it is held as this"),
        sa.Column("staged_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("run", "key_hash", name=op.f("pk_adoption_line")),
        comment="what an adoption under way has read; emptied at its end (接管暂存)",
    )
