"""What people decided about single records (对记录的决定)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant

withdrawal = sa.Table(
    "withdrawal",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.Column("document", sa.Text, nullable=False, comment="what revoked the decision"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    comment="the decision was revoked or void: no platform should hold it (撤回)",
)

take_down = sa.Table(
    "take_down",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("why", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False, comment="what it rests on; may be empty"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.CheckConstraint("why IN ('repaired', 'ended', 'minor', 'forbidden', 'person')", name="why"),
    comment="the record is shown to the public no more, until a person says otherwise (下架)",
)

publication_look = sa.Table(
    "publication_look",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, comment="the version that was looked at"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    comment="a person looked at free text before it is shown (公开前查看)",
)

classification = sa.Table(
    "classification",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("severity", sa.String(10), nullable=False),
    sa.Column("published", sa.Boolean, nullable=False, comment="shown though the class says not"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    comment="how grave a person says the dishonesty is (失信程度)",
)

target = sa.Table(
    "target",
    metadata,
    sa.Column("record_id", sa.ForeignKey("record.id"), primary_key=True),
    sa.Column("number", sa.Text, nullable=False, comment="plain 文书号, or 记录标识"),
    sa.Column("target_kind", sa.Text, nullable=False, comment="a known word, or empty"),
    sa.Column("subject_hash", sa.String(64)),
    sa.Column("settled", sa.Boolean, nullable=False, comment="repaired, or handled and told"),
    sa.Index("ix_target_subject_hash", "subject_hash"),
    comment="which records a repair, a notice of one or an objection is about (所指文书)",
)

review = sa.Table(
    "review",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("record_id", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="the version that was reviewed"),
    sa.Column("approved", sa.Boolean, nullable=False, comment="false: returned to its department"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_review_record_id", "record_id", "version"),
    comment="what a second person said before a version is sent; the last one holds (报送前审核)",
)
