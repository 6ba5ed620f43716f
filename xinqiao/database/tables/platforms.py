"""Platforms: their state, calls and outages (平台)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant

platform_state = sa.Table(
    "platform_state",
    metadata,
    sa.Column("platform", sa.String(40), primary_key=True),
    sa.Column("confirmed_digest", sa.String(64)),
    sa.Column("confirmed_by", sa.Text),
    sa.Column("confirmed_at", Instant),
    sa.Column("paused_at", Instant),
    sa.Column("paused_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_call_at", Instant),
    sa.Column("last_success_at", Instant),
    comment="confirmation, pause and rest of one platform (平台)",
)

platform_call = sa.Table(
    "platform_call",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False, comment="after this it is over, whatever became"),
    sa.Column("finished_at", Instant),
    sa.Index("ix_platform_call_started_at", "platform", "started_at"),
    sa.Index(
        "ix_platform_call_under_way",
        "platform",
        "until",
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    ),
    comment="calls of the last hours: limits on number and rate hold across all workers (调用)",
)

outage = sa.Table(
    "outage",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("begins_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False, comment="name of the file that proves it"),
    sa.Column("evidence_sha256", sa.String(64), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant, comment="set: it was recorded by mistake"),
    sa.Column("revoked_reason", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_outage_platform", "platform"),
    comment="a proven outage of a platform, by which time limits move (平台停机)",
)
