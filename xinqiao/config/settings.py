"""What ``xinqiao.toml`` may say. Every field has a meaning, a unit and a safe default."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WorkspaceSection(_Section):
    """What kind of workspace this is."""

    rehearsal: bool = False
    """A rehearsal can only talk to simulated platforms on this machine, for ever (演练)."""


class BureauSection(_Section):
    """Who reports (报送单位)."""

    name: str = ""
    """Full name of the bureau."""

    code: str = ""
    """Its 统一社会信用代码; goes into every delivery as the reporting unit."""


class DatabaseSection(_Section):
    """Where records are kept."""

    url: str = ""
    """SQLAlchemy URL; empty means ``var/xinqiao.db`` (SQLite) in the workspace."""

    busy_seconds: float = Field(default=30, gt=0, le=600)
    """How long to wait for another process that is writing, in seconds."""


class DeadlinesSection(_Section):
    """How legal time is counted (报送时限)."""

    counting: Literal["exclusive", "inclusive"] = "exclusive"
    """Whether the decision day itself counts: ``exclusive`` 民法典 §201, ``inclusive`` stricter."""

    due_soon_working_days: int = Field(default=2, ge=0, le=30)
    """A duty is shown as 即将到期 when this many working days or fewer are left."""

    slack_working_days: int = Field(default=1, ge=0, le=7)
    """内部提前量: working days before the last one by which the bureau wants to have reported; a
    platform may count its own taking in. An 内部时限: it is shown, and enters no figure."""


class StartSection(_Section):
    """Since when the bureau reports through this hub (启用日期)."""

    report_from: date | None = None
    """Decisions from this day on are owed through the hub; None: all. Older ones are reported by
    nobody here, unless a platform holds them already (see ``adopt``) and they change."""

    platforms: dict[str, date] = Field(default_factory=dict)
    """Platform → the same day for it alone, where it was connected at another time."""


class ReconcileSection(_Section):
    """How ledgers are read (对账)."""

    overlap_days: int = Field(default=3, ge=1, le=366)
    """How many days before the mark a reading reads once more: a platform may enter a record under
    the day on which it came, days after. At least one, since a day is seen whole only once it is
    over."""


class DeliverySection(_Section):
    """How the queue sends (报送队列)."""

    lease_seconds: float = Field(default=600, gt=0, le=86400)
    """How long a worker may hold a submission; longer than any one call can take."""

    backoff_first_seconds: float = Field(default=60, gt=0, le=86400)
    """Wait after the first failure; doubles with every further one, with jitter."""

    backoff_longest_seconds: float = Field(default=14400, gt=0, le=604800)
    """Longest wait between two tries."""

    parallel_calls: int = Field(default=8, ge=1, le=200)
    """Most calls that one process makes to one platform at once; its profile may allow fewer."""

    deaths_before_hold: int = Field(default=3, ge=2)
    """A submission at which this many workers died is held for a person."""

    questions_before_hold: int = Field(default=12, ge=1)
    """A submission in doubt is handed to a person after this many unanswered questions."""


class DaemonSection(_Section):
    """How the daemon works (常驻程序)."""

    poll_seconds: float = Field(default=5, gt=0, le=3600)
    """Pause between two passes over one platform, in seconds; varied by a fifth."""


SHORTEST_PAYLOAD_DAYS = 180
"""Receipts come late, and so do disputes: nothing younger than this many days is dropped."""


class RetentionSection(_Section):
    """How long contents are kept that nothing needs any more (保存期限).

    No law fixes a number of days: 《个人信息保护法》第十九条 asks that personal data be kept no
    longer than its purpose needs, and how long that is, the bureau decides.
    """

    payload_days: int = Field(default=1095, ge=SHORTEST_PAYLOAD_DAYS, le=36500)
    """Age in days from which ``prune`` drops sealed batches, replies, replaced contents and
    workbooks."""


class AnchorsSection(_Section):
    """Where and how often signed checkpoints of the log are written (锚点)."""

    folders: tuple[str, ...] = ()
    """Folders outside this machine's reach, such as a disk that is taken away or a network folder;
    relative ones lie in the workspace."""

    mail: tuple[str, ...] = ()
    """Mail addresses that get each anchor as an attachment; how mail leaves stands in
    ``secrets/anchor-mail.txt``."""

    every_hours: float = Field(default=24, ge=0.1, le=744)
    """Hours after which the daemon makes the next one."""

    after_entries: int = Field(default=10_000, ge=10)
    """Entries after which it makes the next one sooner."""


class AuditSection(_Section):
    """How the log is protected (审计日志)."""

    anchors: AnchorsSection = AnchorsSection()


class LoggingSection(_Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least serious level that is written to ``var/xinqiao.log``."""


class Settings(_Section):
    """The whole file."""

    workspace: WorkspaceSection = WorkspaceSection()
    bureau: BureauSection = BureauSection()
    database: DatabaseSection = DatabaseSection()
    deadlines: DeadlinesSection = DeadlinesSection()
    exemptions: dict[str, StrictBool] = Field(default_factory=dict)
    """Identifier of an exemption (不报送规则) → whether it applies; see ``routes list``."""

    routes: dict[str, dict[str, StrictBool]] = Field(default_factory=dict)
    """Record kind → platform → whether it goes there, where that differs from the table of routes;
    see ``routes list``."""

    start: StartSection = StartSection()
    review: dict[str, Literal["none", "required"]] = Field(default_factory=dict)
    """Record kind → whether a second person approves a version before it is sent (报送前审核);
    ``none`` where nothing is said."""

    reconcile: ReconcileSection = ReconcileSection()
    delivery: DeliverySection = DeliverySection()
    daemon: DaemonSection = DaemonSection()
    retention: RetentionSection = RetentionSection()
    audit: AuditSection = AuditSection()
    logging: LoggingSection = LoggingSection()
