"""Every table of the hub, in SQLAlchemy Core, for SQLite and PostgreSQL alike.

Rows carry data, not code: states are words, instants are UTC, JSON is text. Identity numbers stand
only inside encrypted values.
"""

from xinqiao.database.tables.audit import anchor, anchor_copy, audit, audit_head
from xinqiao.database.tables.decisions import (
    classification,
    publication_look,
    review,
    take_down,
    target,
    withdrawal,
)
from xinqiao.database.tables.duties import (
    ADOPTED,
    BEFORE_START,
    UNFIT,
    UNFULFILLED,
    WITH_REFERENCE,
    calendar_notice,
    duty,
    holding,
)
from xinqiao.database.tables.metadata import metadata
from xinqiao.database.tables.platforms import outage, platform_call, platform_state
from xinqiao.database.tables.reconciling import (
    adopted_entry,
    adoption,
    adoption_line,
    difference,
    difference_event,
    ledger_line,
    ledger_reading,
)
from xinqiao.database.tables.records import (
    PRESENT_VERSION,
    behaviour_edition,
    import_run,
    record,
    record_version,
)
from xinqiao.database.tables.submissions import (
    CLOSED_STATES,
    MOVING,
    OPEN,
    OPEN_STATES,
    attempt,
    batch,
    batch_row,
    receipt,
    submission,
    submission_count,
)
from xinqiao.database.tables.upkeep import incident, job_run, worker

__all__ = [
    "ADOPTED",
    "BEFORE_START",
    "CLOSED_STATES",
    "MOVING",
    "OPEN",
    "OPEN_STATES",
    "PRESENT_VERSION",
    "UNFIT",
    "UNFULFILLED",
    "WITH_REFERENCE",
    "adopted_entry",
    "adoption",
    "adoption_line",
    "anchor",
    "anchor_copy",
    "attempt",
    "audit",
    "audit_head",
    "batch",
    "batch_row",
    "behaviour_edition",
    "calendar_notice",
    "classification",
    "difference",
    "difference_event",
    "duty",
    "holding",
    "import_run",
    "incident",
    "job_run",
    "ledger_line",
    "ledger_reading",
    "metadata",
    "outage",
    "platform_call",
    "platform_state",
    "publication_look",
    "receipt",
    "record",
    "record_version",
    "review",
    "submission",
    "submission_count",
    "take_down",
    "target",
    "withdrawal",
    "worker",
]
