"""Every table of the hub, in SQLAlchemy Core, for SQLite and PostgreSQL alike.

Rows carry data, not code: states are words, instants are UTC, JSON is text. Identity numbers stand
only inside encrypted values.
"""

import sqlalchemy as sa

from xinqiao.database.types import Identity, Instant, JsonText

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    sa.UniqueConstraint("record_id", "platform", "rule", "version"),
    sa.CheckConstraint("closed_by IN ('accepted', 'waived', 'handled')", name="closed_by"),
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
    sa.UniqueConstraint("record_id", "platform"),
    sa.Index("ix_holding_held_key", "held_key"),
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
    comment="what a platform should hold of a record, and what we believe it holds (持有)",
)

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

submission_count = sa.Table(
    "submission_count",
    metadata,
    sa.Column("platform", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(20), primary_key=True),
    sa.Column("submissions", Identity, nullable=False),
    comment="how many submissions stand in each state, so that nobody need count the finished ones",
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
