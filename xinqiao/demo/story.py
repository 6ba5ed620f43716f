"""The demo's story: import, deliver under faults, resolve, collect, reconcile, prove."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from xinqiao.audit.verification.chain import Verification, verify
from xinqiao.config.platform_files import KnownPlatform, known_platforms
from xinqiao.config.workspace import Workspace, create_workspace
from xinqiao.demo.files import FILES, HandedIn
from xinqiao.errors import BusyError
from xinqiao.hub import Hub
from xinqiao.intake.report import FileReport
from xinqiao.opening import prepare_database
from xinqiao.passes import SyncReport
from xinqiao.queue.listing import listing
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State
from xinqiao.reconcile.report import PlatformReport
from xinqiao.records.kinds import kind_of
from xinqiao.simulator.process import SimulatorProcess, start

CHANGED_BY_OTHERS = "credit_shandong"
"""Platform at which somebody changes three records behind the hub's back."""

PUBLISHING = "county_site"
"""Platform that shows what it is given to everybody."""

FAULTS: Mapping[str, tuple[dict[str, object], ...]] = {
    "credit_shandong": (
        {"name": "timeout_after_commit", "call": "submissions", "nth": 2, "seconds": 30},
        {"name": "late_receipts", "call": "submissions", "nth": 1, "seconds": 4},
    ),
    "transport_credit": (
        {"name": "timeout_after_commit", "call": "submissions", "nth": 2, "seconds": 30},
    ),
    "safety_credit": ({"name": "busy", "call": "submissions"},),
    "county_site": (
        {"name": "timeout_after_commit", "call": "submissions", "nth": 3, "seconds": 30},
    ),
}
"""What goes wrong at each platform: see the simulator's table of faults."""

_LONGEST_SECONDS = 50
_DAYS_TO_RECONCILE = 60
_MOST_ROWS = 10_000
_UNSETTLED = ("ready", "sending", "awaiting_receipt", "in_doubt")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the story ended at one platform.

    Attributes:
        name: Chinese name of the platform.
        port: Port its stand-in had.
        board: Its board.
        reported: Record kind → how many of its records the platform took in.
        refused: Submissions that the platform refused.
        lost: Accepted submissions that the platform does not hold.
        doubled: Document numbers that took effect at the platform more than once.
        reconciled: What comparing the ledgers found.
    """

    name: str
    port: int
    board: dict[str, Any]
    reported: Mapping[str, int]
    refused: list[dict[str, Any]]
    lost: int
    doubled: int
    reconciled: PlatformReport

    @property
    def differences(self) -> list[int]:
        """How many records the ledger lacks, has besides, and has otherwise."""
        found = self.reconciled.ledger.values()
        return [
            sum(len(one.missing) for one in found),
            sum(len(one.unexpected) for one in found),
            sum(len(one.different) for one in found),
        ]

    @property
    def is_sound(self) -> bool:
        """Whether everything has an end, and nothing was lost or doubled."""
        states = self.board["states"]
        unsettled = any(states[state] for state in (*_UNSETTLED, "conflict", "held"))
        return states["accepted"] > 0 and not (unsettled or self.lost or self.doubled)


@dataclass(frozen=True, slots=True)
class Story:
    """How the demo ended.

    Attributes:
        workspace: The rehearsal workspace it left.
        imported: What the imports came to, one for each kind.
        endings: Platform → how it ended there.
        doubts: How many submissions were in doubt on the way.
        published: How many records the public pages of the county site show.
        identity_numbers: How often an identity number reached the county site; there may be none.
        audit: The proof of the audit chain.
    """

    workspace: Workspace
    imported: list[FileReport]
    endings: dict[str, Ending]
    doubts: int
    published: int
    identity_numbers: int
    audit: Verification

    @property
    def as_scripted(self) -> bool:
        """Whether everything came out as the script says."""
        by_others = [1, 1, 1]
        return (
            all(one.invalid and one.new for one in self.imported)
            and all(one.is_sound for one in self.endings.values())
            and all(
                one.differences == (by_others if name == CHANGED_BY_OTHERS else [0, 0, 0])
                for name, one in self.endings.items()
            )
            and self.doubts > 0
            and any(one.refused for one in self.endings.values())
            and self.published == self.endings[PUBLISHING].board["states"]["accepted"]
            and self.identity_numbers == 0
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
        BusyError: A simulated platform did not start, or the story did not end in time.
    """
    tell(f"新建演练工作区 {folder}")
    workspace = create_workspace(folder, rehearsal=True)
    prepare_database(workspace)
    hub = Hub(workspace)
    imported = [report for one in FILES for report in _import(hub, one, tell)]
    with ExitStack() as running:
        simulators = {
            one.id: running.enter_context(_started(workspace, one, tell))
            for one in known_platforms()
        }
        doubts = _run_until_settled(Hub(workspace), tell)
        return _ending(Hub(workspace), simulators, imported, doubts, tell)


def _import(hub: Hub, file: HandedIn, tell: Tell) -> list[FileReport]:
    path = hub.workspace.root / "sources" / file.name
    file.write(path, hub.clock.today())
    tell(f"{file.department}交来 {file.name}，导入")
    reports = hub.importer().run(path, department=file.department)
    for one in reports:
        kept = f"，不报送 {one.not_routed}" if one.not_routed else ""
        tell(
            f"  {kind_of(one.kind).name} {one.read} 行：新增 {one.new}，有错 {one.invalid}，"
            f"重复 {one.duplicates}{kept}"
        )
    return reports


def _started(workspace: Workspace, platform: KnownPlatform, tell: Tell) -> SimulatorProcess:
    """Start the stand-in of a platform, and let the workspace reach it where it is."""
    simulator = start(platform.id, faults=FAULTS[platform.id], receipt_delay=1.0)
    path = workspace.root / "platforms" / f"{platform.id}.toml"
    text = path.read_text("utf-8").replace(f":{platform.port}", f":{simulator.port}")
    path.write_text(text, "utf-8")
    tell(f"模拟的{platform.name}在另一进程运行（127.0.0.1:{simulator.port}，进程 {simulator.pid}）")
    return simulator


def _run_until_settled(hub: Hub, tell: Tell) -> int:
    """Make passes until nothing moves any more; return how many submissions were in doubt."""
    doubts = 0
    ends_at = time.monotonic() + _LONGEST_SECONDS
    tell("开始报送（各平台都有一次收下后不应答或者维护，部分回执会晚到）")
    while time.monotonic() < ends_at:
        for name, report in hub.sync().items():
            doubts += report.reached[State.IN_DOUBT]
            _tell_pass(hub.title(name), report, tell)
        boards = hub.status().values()
        if not any(board["states"][state] for board in boards for state in _UNSETTLED):
            return doubts
        hub.clock.sleep(0.5)
    raise BusyError(f"演示在 {_LONGEST_SECONDS} 秒内没有走完；再执行一次 xinqiao demo 试试")


def _tell_pass(platform: str, report: SyncReport, tell: Tell) -> None:
    words = {
        State.AWAITING_RECEIPT: "平台已收下 {}",
        State.IN_DOUBT: "没有应答、待核实 {}",
        State.ACCEPTED: "已入库 {}",
        State.REJECTED: "被退回 {}",
    }
    parts = [f"送出 {report.delivered}"] if report.delivered else []
    parts += [
        text.format(report.reached[state]) for state, text in words.items() if report.reached[state]
    ]
    parts += [report.note] if report.note else []
    if parts:
        tell(f"  {platform}：{'，'.join(parts)}")


def _ending(
    hub: Hub,
    simulators: Mapping[str, SimulatorProcess],
    imported: list[FileReport],
    doubts: int,
    tell: Tell,
) -> Story:
    tell("核对各平台实际收到的内容")
    received = {name: one.received() for name, one in simulators.items()}
    submissions = {name: _submissions(hub, name) for name in simulators}
    reconciled = _reconcile(hub, simulators, submissions[CHANGED_BY_OTHERS], tell)
    boards = hub.status()
    with hub.database.reading() as connection:
        tell("验证审计链")
        audit = verify(connection)
    site = received[PUBLISHING]
    return Story(
        workspace=hub.workspace,
        imported=imported,
        endings={
            name: _at_platform(
                hub.title(name),
                simulators[name].port,
                boards[name],
                submissions[name],
                received[name]["effects"],
                reconciled[name],
            )
            for name in simulators
        },
        doubts=doubts,
        published=sum(site["pages"].values()),
        identity_numbers=len(site["identityNumbers"]),
        audit=audit,
    )


def _submissions(hub: Hub, platform: str) -> list[dict[str, Any]]:
    with hub.database.reading() as connection:
        return listing(connection, Selection(platform=platform), _MOST_ROWS)


def _at_platform(
    name: str,
    port: int,
    board: dict[str, Any],
    submissions: list[dict[str, Any]],
    effects: Mapping[str, int],
    reconciled: PlatformReport,
) -> Ending:
    accepted = [row for row in submissions if row["state"] == State.ACCEPTED]
    return Ending(
        name=name,
        port=port,
        board=board,
        reported=Counter(row["kind"] for row in accepted),
        refused=[row for row in submissions if row["state"] == State.REJECTED],
        # known by its number where that is the platform's key, elsewhere by the 记录标识
        lost=sum(
            effects.keys().isdisjoint((row["document_number"], row["record"])) for row in accepted
        ),
        doubled=sum(count > 1 for count in effects.values()),
        reconciled=reconciled,
    )


def _reconcile(
    hub: Hub,
    simulators: Mapping[str, SimulatorProcess],
    submissions: list[dict[str, Any]],
    tell: Tell,
) -> dict[str, PlatformReport]:
    """Let somebody change three things at a platform, and find them by its ledger."""
    title = hub.title(CHANGED_BY_OTHERS)
    tell(f"有人在{title}上改了一条、删了一条、另录了一条；逐条对账")
    simulator = simulators[CHANGED_BY_OTHERS]
    changed, removed = [
        row["document_number"]
        for row in submissions
        if row["kind"] == "permit" and row["state"] == State.ACCEPTED
    ][:2]
    simulator.plant("permit", changed, fields={"XK_NR": "被人改过的许可内容"})
    simulator.plant("permit", removed, fields=None)
    foreign = "云外许〔2026〕0001号"
    simulator.plant("permit", foreign, fields={"XK_WSH": foreign, "XK_XDR_MC": "云溪县外来公司"})
    # what was taken in a moment ago may not be visible yet
    platforms = hub.platforms.values()
    hub.clock.sleep(max(one.profile.capabilities.visible_after_seconds for one in platforms))
    today = hub.clock.today()
    reports = hub.reconcile(None, today - timedelta(days=_DAYS_TO_RECONCILE), today)
    for name, report in reports.items():
        found = report.ledger.values()
        tell(
            f"  {hub.title(name)}台账：一致 {sum(one.matched for one in found)}，"
            f"平台缺 {sum(len(one.missing) for one in found)}，"
            f"本地无 {sum(len(one.unexpected) for one in found)}，"
            f"不一致 {sum(len(one.different) for one in found)}"
        )
    return reports
