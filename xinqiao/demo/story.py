"""The demo's story: import, deliver under faults, resolve, collect, reconcile, prove."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from xinqiao.audit.verify import Verification, verify
from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.demo.dates import bring_up_to_date
from xinqiao.errors import BusyError
from xinqiao.hub import Hub
from xinqiao.intake.report import FileReport
from xinqiao.opening import prepare_database
from xinqiao.queue.listing import listing
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State
from xinqiao.reconcile.report import PlatformReport
from xinqiao.records.kinds import kind_of
from xinqiao.simulator.process import SimulatorProcess, start

PLATFORM = "credit_shandong"
WORKBOOKS = (("permits.xlsx", "行政许可科"), ("penalties.xlsx", "执法监察大队"))
"""Shipped workbook → the department that hands it in."""

FAULTS: tuple[dict[str, object], ...] = (
    {"name": "timeout_after_commit", "call": "submissions", "nth": 2, "seconds": 30},
    {"name": "late_receipts", "call": "submissions", "nth": 1, "seconds": 4},
)
"""What goes wrong in the story: see the simulator's table of faults."""

_LONGEST_SECONDS = 50
_DAYS_TO_RECONCILE = 60
_UNSETTLED = ("ready", "sending", "awaiting_receipt", "in_doubt")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Story:
    """How the demo ended.

    Attributes:
        workspace: The rehearsal workspace it left.
        port: Port the simulated platform had.
        imported: What the imports came to, one for each workbook.
        board: The platform's board at the end.
        refused: Submissions that the platform refused.
        doubts: How many submissions were in doubt on the way.
        lost: Accepted submissions that the platform does not hold.
        doubled: Document numbers that took effect at the platform more than once.
        reconciled: What comparing the ledgers found, after three changes behind the hub's back.
        audit: The proof of the audit chain.
    """

    workspace: Workspace
    port: int
    imported: list[FileReport]
    board: dict[str, Any]
    refused: list[dict[str, Any]]
    doubts: int
    lost: int
    doubled: int
    reconciled: PlatformReport
    audit: Verification

    @property
    def as_scripted(self) -> bool:
        """Whether everything came out as the script says."""
        states = self.board["states"]
        kept = sum(one.new - one.not_routed for one in self.imported)
        reported = kept - len(self.refused)
        found = self.reconciled.ledger.values()
        differences = [
            sum(len(one.missing) for one in found),
            sum(len(one.unexpected) for one in found),
            sum(len(one.different) for one in found),
        ]
        return (
            states["accepted"] == reported
            and not any(states[state] for state in (*_UNSETTLED, "conflict", "held"))
            and self.doubts > 0
            and bool(self.refused)
            and not self.lost
            and not self.doubled
            and differences == [1, 1, 1]
            and self.audit.ok
        )


def new_folder(wanted: Path) -> Path:
    """Return ``wanted``, or the first free name after it: an earlier demo is never touched."""
    folder, number = wanted, 1
    while folder.exists():
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    return folder


def tell_story(folder: Path, tell: Tell) -> Story:
    """Run the whole job in a new rehearsal workspace.

    Args:
        folder: Where the workspace is made; must not exist.
        tell: Called with one Chinese line per step.

    Raises:
        BusyError: The simulated platform did not start, or the story did not end in time.
    """
    tell(f"新建演练工作区 {folder}")
    workspace = create_workspace(folder, rehearsal=True)
    prepare_database(workspace)
    hub = Hub(workspace)
    imported = [
        report for name, department in WORKBOOKS for report in _import(hub, name, department, tell)
    ]
    with start(PLATFORM, faults=FAULTS, receipt_delay=1.0) as simulator:
        tell(f"模拟的信用·山东已在另一进程运行（127.0.0.1:{simulator.port}，进程 {simulator.pid}）")
        _point_at(workspace, simulator.port)
        doubts = _run_until_settled(Hub(workspace), tell)
        return _ending(Hub(workspace), simulator, imported, doubts, tell)


def _import(hub: Hub, name: str, department: str, tell: Tell) -> list[FileReport]:
    workbook = hub.workspace.root / "sources" / name
    with resources.as_file(resources.files("xinqiao.demo") / name) as source:
        bring_up_to_date(source, workbook, hub.clock.today())
    tell(f"{department}交来 {name}，导入")
    reports = hub.importer().run(workbook, department=department)
    for one in reports:
        kept = f"，不报送 {one.not_routed}" if one.not_routed else ""
        tell(
            f"  {kind_of(one.kind).name} {one.read} 行：新增 {one.new}，有错 {one.invalid}，"
            f"重复 {one.duplicates}{kept}"
        )
    return reports


def _point_at(workspace: Workspace, port: int) -> None:
    path = workspace.root / "platforms" / f"{PLATFORM}.toml"
    path.write_text(path.read_text("utf-8").replace(":8642", f":{port}"), "utf-8")


def _run_until_settled(hub: Hub, tell: Tell) -> int:
    """Make passes until nothing moves any more; return how many submissions were in doubt."""
    doubts = 0
    ends_at = time.monotonic() + _LONGEST_SECONDS
    tell("开始报送（其中一批平台收下后不应答，部分回执会晚到）")
    while time.monotonic() < ends_at:
        report = hub.sync(PLATFORM)[PLATFORM]
        doubts += report.reached[State.IN_DOUBT]
        _tell_pass(report.delivered, report.reached, report.note, tell)
        states = hub.status()[PLATFORM]["states"]
        if not any(states[state] for state in _UNSETTLED):
            return doubts
        hub.clock.sleep(0.5)
    raise BusyError(f"演示在 {_LONGEST_SECONDS} 秒内没有走完；再执行一次 xinqiao demo 试试")


def _tell_pass(delivered: int, reached: Counter[State], note: str, tell: Tell) -> None:
    words = {
        State.AWAITING_RECEIPT: "平台已收下 {}",
        State.IN_DOUBT: "没有应答、待核实 {}",
        State.ACCEPTED: "已入库 {}",
        State.REJECTED: "被退回 {}",
    }
    parts = [f"送出 {delivered}"] if delivered else []
    parts += [text.format(reached[state]) for state, text in words.items() if reached[state]]
    if parts:
        tell(f"  {'，'.join(parts)}")
    if note:
        tell(f"  {note}")


def _ending(
    hub: Hub, simulator: SimulatorProcess, imported: list[FileReport], doubts: int, tell: Tell
) -> Story:
    tell("核对平台实际收到的内容")
    effects: dict[str, int] = simulator.received()["effects"]
    with hub.database.reading() as connection:
        accepted = listing(connection, Selection(state=State.ACCEPTED, platform=PLATFORM), 10_000)
        refused = listing(connection, Selection(state=State.REJECTED, platform=PLATFORM), 10_000)
    reconciled = _reconcile(hub, simulator, accepted, tell)
    with hub.database.reading() as connection:
        tell("验证审计链")
        audit = verify(connection)
    return Story(
        workspace=hub.workspace,
        port=simulator.port,
        imported=imported,
        board=hub.status()[PLATFORM],
        refused=refused,
        doubts=doubts,
        lost=sum(row["document_number"] not in effects for row in accepted),
        doubled=sum(count > 1 for count in effects.values()),
        reconciled=reconciled,
        audit=audit,
    )


def _reconcile(
    hub: Hub, simulator: SimulatorProcess, accepted: list[dict[str, Any]], tell: Tell
) -> PlatformReport:
    """Let somebody change three things at the platform, and find them by its ledger."""
    tell("有人在平台上改了一条、删了一条、另录了一条；逐条对账")
    changed, removed = [row["document_number"] for row in accepted if row["kind"] == "permit"][:2]
    simulator.plant("permit", changed, fields={"XK_NR": "被人改过的许可内容"})
    simulator.plant("permit", removed, fields=None)
    foreign = "云外许〔2026〕0001号"
    simulator.plant("permit", foreign, fields={"XK_WSH": foreign, "XK_XDR_MC": "云溪县外来公司"})
    # what was taken in a moment ago may not be visible yet
    hub.clock.sleep(hub.platforms[PLATFORM].profile.capabilities.visible_after_seconds)
    today = hub.clock.today()
    report = hub.reconcile(PLATFORM, today - timedelta(days=_DAYS_TO_RECONCILE), today)[PLATFORM]
    for kind, found in report.ledger.items():
        tell(
            f"  {kind_of(kind).name}台账：一致 {found.matched}，平台缺 {len(found.missing)}，"
            f"本地无 {len(found.unexpected)}，不一致 {len(found.different)}"
        )
    return report
