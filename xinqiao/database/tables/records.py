"""Records as they were read in, and what came with them (信用记录)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant, JsonText

import_run = sa.Table(
    "import_run",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_sha256", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("department", sa.Text, nullable=False, server_default=""),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("counts", JsonText, nullable=False),
    comment="one file read in (导入批次)",
)

record = sa.Table(
    "record",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True, comment="opaque id (记录标识)"),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("matching_key", sa.Text, comment="null while a part of the key is missing"),
    sa.Column("unkeyed_hash", sa.String(64), comment="finds a keyless row read a second time"),
    sa.Column("subject_hash", sa.String(64), comment="keyed hash of the subject's identifier"),
    sa.Column("department", sa.Text, nullable=False, server_default=""),
    sa.Column("current_version", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("document_key", sa.Text, comment="the key without its subject (同一文书号)"),
    sa.Column("exemption", sa.String(40), comment="rule by which nobody is owed it (不报送)"),
    sa.UniqueConstraint("kind", "matching_key"),
    sa.UniqueConstraint("kind", "unkeyed_hash"),
    sa.Index("ix_record_subject_hash", "subject_hash"),
    sa.Index("ix_record_document_key", "document_key"),
    sa.Index(
        "ix_record_exemption",
        "exemption",
        sqlite_where=sa.text("exemption IS NOT NULL"),
        postgresql_where=sa.text("exemption IS NOT NULL"),
    ),
    comment="one local credit record (信用记录)",
)

record_version = sa.Table(
    "record_version",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", JsonText, comment="field path → text; identity numbers encrypted"),
    sa.Column("content_hash", sa.String(64), nullable=False, comment="keyed hash of the content"),
    sa.Column("valid", sa.Boolean, nullable=False),
    sa.Column("findings", JsonText, nullable=False),
    sa.Column("decided_on", sa.Date),
    sa.Column("import_run_id", sa.ForeignKey("import_run.id"), nullable=False),
    sa.Column("source_row", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Index("ix_record_version_content_hash", "content_hash"),
    comment="one state of a record; never changed (记录版本)",
)

PRESENT_VERSION = sa.and_(
    record_version.c.record_id == record.c.id,
    record_version.c.version == record.c.current_version,
)
"""Joins a record to the version that holds now."""

behaviour_edition = sa.Table(
    "behaviour_edition",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("edition", sa.Text, nullable=False, comment="行为代码版本"),
    sa.Column("behaviours", JsonText, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_sha256", sa.String(64), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Index("ix_behaviour_edition_edition", "edition"),
    comment="behaviour codes that the bureau imported; the last of an edition holds (行为代码表)",
)
