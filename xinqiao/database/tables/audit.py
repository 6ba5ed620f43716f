"""The log and the last link of its chain (审计日志)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("sequence", Identity, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("record_id", sa.String(36)),
    sa.Column("submission_id", Identity),
    sa.Column("platform", sa.String(40)),
    sa.Column("body", sa.Text, nullable=False, comment="RFC 8785 text of the whole entry"),
    sa.Column("hash", sa.String(64), nullable=False, comment="over body"),
    sa.Index("ix_audit_record_id", "record_id"),
    sa.Index("ix_audit_submission_id", "submission_id"),
    comment="append-only, hash-chained log (审计日志)",
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", Identity, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.CheckConstraint("id = 1", name="single"),
    comment="last link of the chain; locked last in every writing transaction",
)

anchor = sa.Table(
    "anchor",
    metadata,
    sa.Column("number", Identity, primary_key=True, autoincrement=False),
    sa.Column("last", Identity, nullable=False, comment="number of the last entry covered"),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="RFC 8785 text of the signed anchor"),
    comment="signed checkpoints of the log (锚点)",
)

anchor_copy = sa.Table(
    "anchor_copy",
    metadata,
    sa.Column("number", sa.ForeignKey("anchor.number"), primary_key=True),
    sa.Column("place", sa.String(400), primary_key=True, comment="folder or mail address"),
    sa.Column("at", Instant, nullable=False, comment="when it was written there"),
    comment="which anchor was written to which place outside (锚点副本)",
)
