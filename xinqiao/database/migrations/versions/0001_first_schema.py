"""The first schema: records, duties, holdings, submissions, batches, receipts, audit."""

import sqlalchemy as sa
from alembic import op

from xinqiao.database.dialect import append_only_triggers
from xinqiao.database.types import Identity, Instant, JsonText

revision = "0001"
down_revision = None

GENESIS = "0" * 64


def upgrade() -> None:
    """Create every table, and the triggers that keep the audit log append-only."""
    op.create_table(
        "audit",
        sa.Column("sequence", Identity, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=True),
        sa.Column("submission_id", Identity, nullable=True),
        sa.Column("platform", sa.String(length=40), nullable=True),
        sa.Column("body", sa.Text(), nullable=False, comment="RFC 8785 text of the whole entry"),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="over body"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit")),
        comment="append-only, hash-chained log (审计日志)",
    )
    op.create_index("ix_audit_record_id", "audit", ["record_id"], unique=False)
    op.create_index("ix_audit_submission_id", "audit", ["submission_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", Identity, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        comment="last link of the chain; locked last in every writing transaction",
    )
    op.create_table(
        "batch",
        sa.Column("id", Identity, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True, comment="encrypted canonical bytes"),
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="over the plain bytes"),
        sa.Column("serial", sa.Text(), server_default="", nullable=False, comment="受理号"),
        sa.Column("sealed_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True, comment="start of the last send"),
        sa.Column("next_poll_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("number", name=op.f("uq_batch_number")),
        comment="sealed bytes of one delivery (批次)",
    )
    op.create_index(
        "ix_batch_poll",
        "batch",
        ["platform", "next_poll_at"],
        unique=False,
        sqlite_where=sa.text("next_poll_at IS NOT NULL"),
        postgresql_where=sa.text("next_poll_at IS NOT NULL"),
    )
    op.create_table(
        "import_run",
        sa.Column("id", Identity, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("department", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("counts", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        comment="one file read in (导入批次)",
    )
    op.create_table(
        "platform_state",
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("confirmed_digest", sa.String(length=64), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("paused_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_call_at", Instant(), nullable=True),
        sa.Column("last_success_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_platform_state")),
        comment="confirmation, pause and rest of one platform (平台)",
    )
    op.create_table(
        "record",
        sa.Column("id", sa.String(length=36), nullable=False, comment="opaque id (记录标识)"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "matching_key",
            sa.Text(),
            nullable=True,
            comment="null while a part of the key is missing",
        ),
        sa.Column(
            "unkeyed_hash",
            sa.String(length=64),
            nullable=True,
            comment="finds a keyless row read a second time",
        ),
        sa.Column(
            "subject_hash",
            sa.String(length=64),
            nullable=True,
            comment="keyed hash of the subject's identifier",
        ),
        sa.Column("department", sa.Text(), server_default="", nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("kind", "matching_key", name=op.f("uq_record_kind_matching_key")),
        sa.UniqueConstraint("kind", "unkeyed_hash", name=op.f("uq_record_kind_unkeyed_hash")),
        comment="one local credit record (信用记录)",
    )
    op.create_index("ix_record_subject_hash", "record", ["subject_hash"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", Identity, nullable=False),
        sa.Column("batch_id", Identity, nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False, comment="send, query or poll"),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("request_started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False, comment="masked"),
        sa.Column(
            "evidence", sa.LargeBinary(), nullable=True, comment="encrypted reply as it came"
        ),
        sa.Column("key_id", sa.String(length=20), nullable=True),
        sa.CheckConstraint("purpose IN ('send', 'query', 'poll')", name=op.f("ck_attempt_purpose")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_attempt_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        comment="one call to a platform (尝试)",
    )
    op.create_index("ix_attempt_batch_id", "attempt", ["batch_id"], unique=False)
    op.create_table(
        "duty",
        sa.Column("id", Identity, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="record version that opened it"),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False, comment="last day, in Asia/Shanghai"),
        sa.Column("due_at", Instant(), nullable=False, comment="the instant due_on has passed"),
        sa.Column("counting", sa.String(length=12), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_by", sa.String(length=20), nullable=True),
        sa.Column("reported_at", Instant(), nullable=True, comment="when the platform took it in"),
        sa.CheckConstraint("closed_by IN ('accepted', 'waived')", name=op.f("ck_duty_closed_by")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_duty_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
        sa.UniqueConstraint(
            "record_id",
            "platform",
            "rule",
            "version",
            name=op.f("uq_duty_record_id_platform_rule_version"),
        ),
        comment="what the law asks (报送义务)",
    )
    op.create_index(
        "ix_duty_open",
        "duty",
        ["platform", "due_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "holding",
        sa.Column("id", Identity, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column(
            "wanted_version",
            sa.Integer(),
            nullable=True,
            comment="version it should hold; null for nothing",
        ),
        sa.Column(
            "held_version",
            sa.Integer(),
            nullable=True,
            comment="version we believe it holds; null for nothing",
        ),
        sa.Column(
            "wanted_key", sa.Text(), nullable=True, comment="platform's key of the wanted version"
        ),
        sa.Column(
            "held_key", sa.Text(), nullable=True, comment="platform's key of the held version"
        ),
        sa.Column(
            "reference", sa.Text(), server_default="", nullable=False, comment="platform's own id"
        ),
        sa.Column("findings", JsonText(), nullable=False, comment="why the version does not fit"),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_holding_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        sa.UniqueConstraint("record_id", "platform", name=op.f("uq_holding_record_id_platform")),
        comment="what a platform should hold of a record, and what we believe it holds (持有)",
    )
    op.create_table(
        "record_version",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "content",
            JsonText(),
            nullable=True,
            comment="field path → text; identity numbers encrypted",
        ),
        sa.Column(
            "content_hash",
            sa.String(length=64),
            nullable=False,
            comment="keyed hash of the content",
        ),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("findings", JsonText(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("import_run_id", Identity, nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_run_id"], ["import_run.id"], name=op.f("fk_record_version_import_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name=op.f("fk_record_version_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", "version", name=op.f("pk_record_version")),
        comment="one state of a record; never changed (记录版本)",
    )
    op.create_index(
        "ix_record_version_content_hash", "record_version", ["content_hash"], unique=False
    )
    op.create_table(
        "submission",
        sa.Column("id", Identity, nullable=False),
        sa.Column("holding_id", Identity, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="sends begun"),
        sa.Column("deaths", sa.Integer(), nullable=False, comment="claims that never came back"),
        sa.Column("questions", sa.Integer(), nullable=False, comment="unanswered queries in doubt"),
        sa.Column("fence", sa.Integer(), nullable=False, comment="grows with every claim"),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("batch_id", Identity, nullable=True),
        sa.Column("row_number", sa.Integer(), nullable=True),
        sa.Column(
            "batch_limit",
            sa.Integer(),
            nullable=True,
            comment="largest batch after a whole refusal",
        ),
        sa.Column(
            "request_started_at", Instant(), nullable=True, comment="set: the platform may have it"
        ),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False, comment="masked"),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "state IN ('ready', 'sending', 'awaiting_receipt', 'in_doubt', 'conflict', 'held', 'accepted', 'rejected', 'cancelled')",
            name=op.f("ck_submission_state"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_submission_batch_id")),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name=op.f("fk_submission_holding_id")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_submission_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_submission_idempotency_key")),
        comment="one operation on the way to one platform: the queue entry (报送件)",
    )
    op.create_index("ix_submission_batch_id", "submission", ["batch_id"], unique=False)
    op.create_index(
        "ix_submission_one_open",
        "submission",
        ["holding_id"],
        unique=True,
        sqlite_where=sa.text(
            "state IN ('ready', 'sending', 'awaiting_receipt', 'in_doubt', 'conflict', 'held')"
        ),
        postgresql_where=sa.text(
            "state IN ('ready', 'sending', 'awaiting_receipt', 'in_doubt', 'conflict', 'held')"
        ),
    )
    op.create_index("ix_submission_record_id", "submission", ["record_id"], unique=False)
    op.create_index(
        "ix_submission_work",
        "submission",
        ["platform", "state", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready', 'sending', 'in_doubt')"),
        postgresql_where=sa.text("state IN ('ready', 'sending', 'in_doubt')"),
    )
    op.create_table(
        "batch_row",
        sa.Column("batch_id", Identity, nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("submission_id", Identity, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_row_batch_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_batch_row_submission_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "row_number", name=op.f("pk_batch_row")),
        comment="which submission stands in which row of which batch, for ever",
    )
    op.create_table(
        "receipt",
        sa.Column("id", Identity, nullable=False),
        sa.Column("batch_id", Identity, nullable=False),
        sa.Column("submission_id", Identity, nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="masked"),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("platform_time", Instant(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="tells a repeat from news"
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_receipt_batch_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_receipt_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "submission_id", "digest", name=op.f("uq_receipt_submission_id_digest")
        ),
        comment="what the platform said about one row (回执)",
    )
    op.create_index("ix_receipt_batch_id", "receipt", ["batch_id"], unique=False)
    op.execute(
        sa.text("INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, :hash)").bindparams(
            hash=GENESIS
        )
    )
    for statement in append_only_triggers(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
