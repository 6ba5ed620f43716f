"""Scheduled work, the processes that do it, and what went wrong (运行)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant, JsonText

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("message", sa.Text, nullable=False, comment="masked"),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("times", sa.Integer, nullable=False, comment="how often it was met while open"),
    sa.Column("closed_at", Instant),
    sa.Index(
        "ix_incident_open",
        "platform",
        "kind",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    comment="what went wrong with a platform: opened once, closed once (异常事项)",
)

job_run = sa.Table(
    "job_run",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("due_at", Instant, primary_key=True),
    sa.Column("ran_at", Instant, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("result", JsonText, nullable=False),
    comment="scheduled work that was done, with the time it was due: never twice (定时作业)",
)

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("progress_at", Instant, nullable=False, comment="its last sign of life"),
    sa.Column("clock_offset", sa.Float, nullable=False, comment="its clock less ours, seconds"),
    sa.Column("stopped_at", Instant),
    comment="processes that work on the queue, for status; work belongs to leases (工作进程)",
)
