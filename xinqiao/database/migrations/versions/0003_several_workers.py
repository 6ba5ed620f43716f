"""Counts, calls, incidents, scheduled work and workers: several machines at one queue."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.types import Identity, Instant, JsonText

revision = "0003"
down_revision = "0002"

UNFULFILLED = sa.text(
    "CASE WHEN coalesce(wanted_version, -1) = coalesce(held_version, -1) THEN 0 ELSE 1 END = 1"
)
UNFIT = sa.text("findings <> '[]'")
EXEMPT = sa.text("exemption IS NOT NULL")
UNDER_WAY = sa.text("finished_at IS NULL")
UNCLOSED = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Add what workers on several machines share, and what keeps finished rows out of the way."""
    op.add_column(
        "submission",
        sa.Column(
            "waits_for",
            sa.String(30),
            nullable=False,
            server_default="",
            comment="why next_attempt_at is not earlier",
        ),
    )
    op.create_index("ix_batch_row_submission_id", "batch_row", ["submission_id"])
    op.create_index(
        "ix_record_exemption",
        "record",
        ["exemption"],
        sqlite_where=EXEMPT,
        postgresql_where=EXEMPT,
    )
    op.create_index(
        "ix_holding_unfulfilled",
        "holding",
        ["platform", "record_id"],
        sqlite_where=UNFULFILLED,
        postgresql_where=UNFULFILLED,
    )
    op.create_index(
        "ix_holding_unfit",
        "holding",
        ["platform"],
        sqlite_where=UNFIT,
        postgresql_where=UNFIT,
    )
    op.create_table(
        "submission_count",
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("submissions", Identity, nullable=False),
        sa.PrimaryKeyConstraint("platform", "state", name=op.f("pk_submission_count")),
        comment="how many submissions stand in each state, so that nobody need count the finished"
        " ones",
    )
    op.execute(
        sa.text(
            "INSERT INTO submission_count (platform, state, submissions)"
            " SELECT platform, state, count(*) FROM submission GROUP BY platform, state"
        )
    )
    op.create_table(
        "platform_call",
        sa.Column("id", Identity, nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column(
            "until", Instant(), nullable=False, comment="after this it is over, whatever became"
        ),
        sa.Column("finished_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_call")),
        comment="calls of the last hours: limits on number and rate hold across all workers (调用)",
    )
    op.create_index("ix_platform_call_started_at", "platform_call", ["platform", "started_at"])
    op.create_index(
        "ix_platform_call_under_way",
        "platform_call",
        ["platform", "until"],
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "incident",
        sa.Column("id", Identity, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="masked"),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, comment="how often it was met while open"),
        sa.Column("closed_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        comment="what went wrong with a platform: opened once, closed once (异常事项)",
    )
    op.create_index(
        "ix_incident_open",
        "incident",
        ["platform", "kind"],
        unique=True,
        sqlite_where=UNCLOSED,
        postgresql_where=UNCLOSED,
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("ran_at", Instant(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("result", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("name", "due_at", name=op.f("pk_job_run")),
        comment="scheduled work that was done, with the time it was due: never twice (定时作业)",
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("progress_at", Instant(), nullable=False, comment="its last sign of life"),
        sa.Column(
            "clock_offset", sa.Float(), nullable=False, comment="its clock less ours, seconds"
        ),
        sa.Column("stopped_at", Instant()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
        comment="processes that work on the queue, for status; work belongs to leases (工作进程)",
    )
