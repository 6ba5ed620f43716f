"""Readings of ledgers, differences, and what was taken over (对账与接管)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant, JsonText

difference = sa.Table(
    "difference",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("platform", sa.String(40), nullable=False, comment="or source: the case system"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("what", sa.String(30), nullable=False, comment="what is different"),
    sa.Column("key_hash", sa.String(64), nullable=False, comment="keyed hash of the key there"),
    sa.Column("document_number", sa.Text, nullable=False, comment="the key there, masked"),
    sa.Column("record_id", sa.ForeignKey("record.id"), comment="ours, where there is one"),
    sa.Column("department", sa.Text, nullable=False, server_default=""),
    sa.Column("details", JsonText, nullable=False, comment="masked"),
    sa.Column(
        "content_hash",
        sa.String(64),
        nullable=False,
        comment="keyed hash of what differs, unmasked",
    ),
    sa.Column("suggested", sa.String(20), nullable=False, comment="what to do about it"),
    sa.Column(
        "lies_from", sa.Date, nullable=False, comment="first day on which it may stand there"
    ),
    sa.Column("lies_to", sa.Date, nullable=False, comment="last day on which it may stand there"),
    sa.Column("seen_by", Identity, comment="reading that saw it last, if one did"),
    sa.Column("opened_at", Instant, nullable=False, comment="the last time it was opened"),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("times", sa.Integer, nullable=False, comment="how often it was opened"),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.String(20), comment="gone, or the action of a person"),
    sa.UniqueConstraint("platform", "kind", "what", "key_hash"),
    sa.Index("ix_difference_record_id", "record_id"),
    sa.Index(
        "ix_difference_open",
        "platform",
        "kind",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    comment="one thing in which two sides differ: opened once, closed once (对账差异)",
)

difference_event = sa.Table(
    "difference_event",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("difference_id", sa.ForeignKey("difference.id"), nullable=False),
    sa.Column("what", sa.String(20), nullable=False, comment="opened, closed, reopened or acted"),
    sa.Column("action", sa.String(20), nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("evidence", JsonText, nullable=False, comment="names and SHA-256 of files shown"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_difference_event_difference_id", "difference_id"),
    comment="what became of a difference, in order (差异经过)",
)

ledger_reading = sa.Table(
    "ledger_reading",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("platform", sa.String(40), nullable=False, comment="or source: the case system"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("origin", sa.String(10), nullable=False, comment="api, table or file"),
    sa.Column("file_name", sa.Text, nullable=False, server_default=""),
    sa.Column("file_sha256", sa.String(64), nullable=False, server_default=""),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("finished_at", Instant, comment="null: under way, or broken off"),
    sa.Column("entries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("incomplete", sa.Text, nullable=False, server_default="", comment="why, masked"),
    sa.Column("mark_on", sa.Date, comment="up to this day everything was seen, without a gap"),
    sa.Index("ix_ledger_reading_platform", "platform", "kind", "id"),
    comment="one reading of a ledger, and how far it proves to be complete (台账读取)",
)

ledger_line = sa.Table(
    "ledger_line",
    metadata,
    sa.Column("reading_id", sa.ForeignKey("ledger_reading.id"), primary_key=True),
    sa.Column(
        "entry_hash", sa.String(32), primary_key=True, comment="keyed hash of the platform's id"
    ),
    sa.Column("key_hash", sa.String(32), nullable=False, comment="keyed hash of the key there"),
    sa.Column("holding_id", Identity, comment="ours, where there is one"),
    sa.Index("ix_ledger_line_key_hash", "reading_id", "key_hash"),
    sa.Index("ix_ledger_line_holding_id", "reading_id", "holding_id"),
    comment="what a reading under way has seen; emptied at its end (台账行)",
)

adoption = sa.Table(
    "adoption",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("origin", sa.String(10), nullable=False, comment="api, table or file"),
    sa.Column("file_name", sa.Text, nullable=False, server_default=""),
    sa.Column("file_sha256", sa.String(64), nullable=False, server_default=""),
    sa.Column("counts", JsonText, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date, nullable=False),
    sa.Column("incomplete", sa.Text, nullable=False, server_default="", comment="why, masked"),
    sa.Column("undone_at", Instant),
    sa.Column("undone_reason", sa.Text, nullable=False, server_default=""),
    comment="what was reported before us was taken over as held (存量接管)",
)

adopted_entry = sa.Table(
    "adopted_entry",
    metadata,
    sa.Column("platform", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("key_hash", sa.String(64), primary_key=True, comment="keyed hash of the key there"),
    sa.Column(
        "adoption_id",
        sa.ForeignKey("adoption.id"),
        nullable=False,
        comment="by which our record is held as this; without one, the first that told it",
    ),
    sa.Column(
        "first_adoption_id",
        sa.ForeignKey("adoption.id"),
        nullable=False,
        comment="the first that told it: undoing a later one leaves it known",
    ),
    sa.Column("entry", sa.LargeBinary, nullable=False, comment="what it told, encrypted"),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("taken_in_at", Instant, comment="as the platform says"),
    sa.Column("record_id", sa.ForeignKey("record.id"), comment="ours, once it is held as this"),
    sa.Index("ix_adopted_entry_adoption_id", "adoption_id"),
    sa.Index("ix_adopted_entry_record_id", "record_id"),
    comment="what a platform held before us, with our record of it or without one (存量条目)",
)

adoption_line = sa.Table(
    "adoption_line",
    metadata,
    sa.Column("run", sa.String(36), primary_key=True, comment="one reading, tried or in earnest"),
    sa.Column("key_hash", sa.String(64), primary_key=True, comment="keyed hash of the key there"),
    sa.Column("entry_hash", sa.String(64), nullable=False, comment="tells a repeat from another"),
    sa.Column("repeated", sa.Boolean, nullable=False, comment="stands there with two contents"),
    sa.Column("entry", sa.LargeBinary, nullable=False, comment="what it told, encrypted"),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("holding_id", Identity, comment="ours, where it is held as this"),
    sa.Column("staged_at", Instant, nullable=False),
    comment="what an adoption under way has read; emptied at its end (接管暂存)",
)
