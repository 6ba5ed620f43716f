"""What is owed, and what platforms should hold and are believed to hold (义务与持有)."""

import sqlalchemy as sa

from xinqiao.database.tables.metadata import metadata
from xinqiao.database.types import Identity, Instant, JsonText

duty = sa.Table(
    "duty",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("record_id", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("rule", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="record version that opened it"),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False, comment="last day, in Asia/Shanghai"),
    sa.Column("due_at", Instant, nullable=False, comment="the instant due_on has passed"),
    sa.Column("counting", sa.String(12), nullable=False),
    sa.Column("calendar", sa.Text, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("legal", sa.Boolean, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.String(20)),
    sa.Column("reported_at", Instant, comment="when the platform took it in"),
    sa.Column("reported_by", sa.String(20), comment="which moment that is: see the profile"),
    sa.Column("counted_on", sa.Date, comment="last day without outages; null: the same as due_on"),
    sa.UniqueConstraint("record_id", "platform", "rule", "version"),
    sa.CheckConstraint(
        "closed_by IN ('accepted', 'waived', 'handled', 'adopted')", name="closed_by"
    ),
    sa.Index(
        "ix_duty_open",
        "platform",
        "due_at",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    comment="what the law asks (报送义务)",
)

UNFULFILLED = sa.text(
    "CASE WHEN coalesce(wanted_version, -1) = coalesce(held_version, -1) THEN 0 ELSE 1 END = 1"
)
"""Holdings whose platform does not hold what it should, as far as we know.

Said as a comparison with a constant: PostgreSQL takes that for rare and looks here first. Of two
values that differ it believes that they nearly always do, and would read every submission instead.
"""

UNFIT = sa.text("findings <> '[]'")
"""Holdings whose wanted version cannot be sent."""

BEFORE_START = sa.text("before_start")
"""Holdings of records that nobody owes, since they were decided before the hub reported there."""

WITH_REFERENCE = sa.text("reference <> ''")
"""Holdings of which the platform told an identifier of its own."""

ADOPTED = sa.text("adopted_at IS NOT NULL")
"""Holdings that were taken over as held."""

holding = sa.Table(
    "holding",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("record_id", sa.ForeignKey("record.id"), nullable=False),
    sa.Column("platform", sa.String(40), nullable=False),
    sa.Column("wanted_version", sa.Integer, comment="version it should hold; null for nothing"),
    sa.Column("held_version", sa.Integer, comment="version we believe it holds; null for nothing"),
    sa.Column("wanted_key", sa.Text, comment="platform's key of the wanted version"),
    sa.Column("held_key", sa.Text, comment="platform's key of the held version"),
    sa.Column("reference", sa.Text, nullable=False, server_default="", comment="platform's own id"),
    sa.Column("findings", JsonText, nullable=False, comment="why the version does not fit"),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column(
        "replaces",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="a newer version is taken only after the old one was withdrawn",
    ),
    sa.Column(
        "removal",
        sa.String(20),
        nullable=False,
        server_default="withdraw",
        comment="how the platform lets go of it, when it should hold nothing",
    ),
    sa.Column("shown_until", sa.Date, comment="last day it may be shown to the public"),
    sa.Column(
        "leaves_key",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="a withdrawn row stays there under its key, marked void",
    ),
    sa.Column("format_digest", sa.String(64), comment="of the tables it was planned by"),
    sa.Column(
        "differs",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="the platform shows something else under the key: our version goes there again",
    ),
    sa.Column("adopted_at", Instant, comment="set: taken over as held, not sent by us"),
    sa.Column("taken_in_at", Instant, comment="of what was taken over: as the platform says"),
    sa.Column("adopted_version", sa.Integer, comment="the version that was taken over"),
    sa.Column("adopted_key", sa.Text, comment="and the platform's key of it"),
    sa.Column(
        "before_start",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="decided before the hub reported there: nobody owes it, wanted_key finds it",
    ),
    sa.UniqueConstraint("record_id", "platform"),
    sa.Index("ix_holding_held_key", "held_key"),
    sa.Index("ix_holding_wanted_key", "wanted_key"),
    sa.Index(
        "ix_holding_reference",
        "reference",
        sqlite_where=WITH_REFERENCE,
        postgresql_where=WITH_REFERENCE,
    ),
    sa.Index(
        "ix_holding_shown_until",
        "shown_until",
        sqlite_where=sa.text("shown_until IS NOT NULL"),
        postgresql_where=sa.text("shown_until IS NOT NULL"),
    ),
    sa.Index(
        "ix_holding_unfulfilled",
        "platform",
        "record_id",
        sqlite_where=UNFULFILLED,
        postgresql_where=UNFULFILLED,
    ),
    sa.Index("ix_holding_unfit", "platform", sqlite_where=UNFIT, postgresql_where=UNFIT),
    sa.Index(
        "ix_holding_before_start",
        "platform",
        sqlite_where=BEFORE_START,
        postgresql_where=BEFORE_START,
    ),
    sa.Index("ix_holding_adopted", "platform", sqlite_where=ADOPTED, postgresql_where=ADOPTED),
    comment="what a platform should hold of a record, and what we believe it holds (持有)",
)

calendar_notice = sa.Table(
    "calendar_notice",
    metadata,
    sa.Column("id", Identity, primary_key=True),
    sa.Column("number", sa.Text, nullable=False, comment="发文字号"),
    sa.Column("year", sa.Integer, comment="year whose whole schedule it sets"),
    sa.Column("days", JsonText, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("file_sha256", sa.String(64), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Index("ix_calendar_notice_number", "number"),
    comment="notices on holidays that the bureau imported; the last of a number holds (放假通知)",
)
