"""The queue: submissions, batches, attempts and receipts (报送队列)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("number", sa.String(60), nullable=False, unique=True),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("operation", sa.String(20), nullable=False),
    sa.Column("edition", sa.String(40), nullable=False),
    sa.Column("row_count", sa.Integer, nullable=False),
    sa.Column("sealed", sa.LargeBinary, comment="encrypted canonical bytes"),
    sa.Column("key_id", sa.String(20), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, comment="over the plain bytes"),
    sa.Column("serial", sa.Text, nullable=False, server_default="", comment="受理号"),
    sa.Column("sealed_at", Instant, nullable=False),
    sa.Column("sent_at", Instant, comment="start of the last send"),
    sa.Column("next_poll_at", Instant),
    sa.Column("way_digest", sa.String(64), comment="where it went; null: not noted"),
    sa.Index(
        "ix_batch_poll",
        "platform",
        "next_poll_at",
        sqlite_where=sa.text("next_poll_at IS NOT NULL"),
        postgresql_where=sa.text("next_poll_at IS NOT NULL"),
    ),
    comment="sealed bytes of one delivery (批次)",
)

OPEN_STATES = ("ready", "sending", "awaiting_receipt", "in_doubt", "conflict", "held")
CLOSED_STATES = ("accepted", "rejected", "cancelled")
_STATES_SQL = ", ".join(f"'{state}'" for state in OPEN_STATES + CLOSED_STATES)
OPEN = sa.text(f"state IN ({', '.join(repr(state) for state in OPEN_STATES)})")
"""Submissions that occupy their holding.

Every query for such rows says this, word for word and beside what else it asks: only then does
SQLite use the index that finished rows are not in.
"""

MOVING = sa.text("state IN ('ready', 'sending', 'in_doubt')")
"""Submissions that a worker may have something to do for; see :data:`OPEN`."""

submission = sa.Table(
    "submission",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("holding_id", sa.ForeignKey("holding.id"), nullable=False),
    sa.Column("record_id", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("operation", sa.String(20), nullable=False),
    sa.Column("idempotency_key", sa.String(200), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("next_attempt_at", Instant, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, comment="sends begun"),
    sa.Column("deaths", sa.Integer, nullable=False, comment="claims that never came back"),
    sa.Column("questions", sa.Integer, nullable=False, comment="unanswered queries in doubt"),
    sa.Column("fence", sa.Integer, nullable=False, comment="grows with every claim"),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_until", Instant),
    sa.Column("batch_id", sa.ForeignKey("batch.id")),
    sa.Column("row_number", sa.Integer),
    sa.Column("batch_limit", sa.Integer, comment="largest batch after a whole refusal"),
    sa.Column("request_started_at", Instant, comment="set: the platform may have it"),
    sa.Column("outcome", sa.String(20)),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default="", comment="masked"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("platform_key", sa.Text, comment="key of the row as sent; null before"),
    sa.Column(
        "waits_for",
        sa.String(30),
        nullable=False,
        server_default="",
        comment="why next_attempt_at is not earlier",
    ),
    sa.CheckConstraint(f"state IN ({_STATES_SQL})", name="state"),
    sa.Index(
        "ix_submission_one_open",
        "holding_id",
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    ),
    sa.Index(
        "ix_submission_work",
        "platform",
        "state",
        "due_at",
        "id",
        sqlite_where=MOVING,
        postgresql_where=MOVING,
    ),
    sa.Index("ix_submission_batch_id", "batch_id"),
    sa.Index("ix_submission_record_id", "record_id"),
    sa.Index("ix_submission_platform_key", "platform_key"),
    comment="one operation on the way to one platform: the queue entry (报送件)",
)

batch_row = sa.Table(
    "batch_row",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("batch.id"), primary_key=True),
    sa.Column("row_number", sa.Integer, primary_key=True),
    sa.Column("submission_id", sa.ForeignKey("submission.id"), nullable=False),
    sa.Index("ix_batch_row_submission_id", "submission_id"),
    comment="which submission stands in which row of which batch, for ever",
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("batch_id", sa.ForeignKey("batch.id"), nullable=False),
    sa.Column("purpose", sa.String(10), nullable=False, comment="send, query or poll"),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("request_started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant),
    sa.Column("outcome", sa.String(20)),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default="", comment="masked"),
    sa.Column("evidence", sa.LargeBinary, comment="encrypted reply as it came"),
    sa.Column("key_id", sa.String(20)),
    sa.Column("until", Instant, comment="after this it is over, whatever became"),
    sa.CheckConstraint("purpose IN ('send', 'query', 'poll')", name="purpose"),
    sa.Index("ix_attempt_batch_id", "batch_id"),
    comment="one call to a platform (尝试)",
)

receipt = sa.Table(
    "receipt",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("batch_id", sa.ForeignKey("batch.id"), nullable=False),
    sa.Column("submission_id", sa.ForeignKey("submission.id"), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False, comment="masked"),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("platform_time", Instant),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, comment="tells a repeat from news"),
    sa.UniqueConstraint("submission_id", "digest"),
    sa.Index("ix_receipt_batch_id", "batch_id"),
    comment="what the platform said about one row (回执)",
)

submission_count = sa.Table(
    "submission_count",
    metadata,
    sa.Column("platform", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(20), primary_key=True),
    sa.Column("submissions", Identity, nullable=False),
    comment="how many submissions stand in each state, so that nobody need count the finished ones",
)
