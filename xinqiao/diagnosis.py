"""What ``doctor`` looks at: each check stands alone, so that one fault does not hide another."""

import platform as machine
import stat
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from xinqiao.clock import SHANGHAI, Clock
from xinqiao.config.workspace import Workspace, open_workspace
from xinqiao.database.complaints import moved, place_of
from xinqiao.database.dialect import database_time, self_check
from xinqiao.database.filesystem import check_filesystem
from xinqiao.database.retirement import is_retired
from xinqiao.errors import SettingsError, XinqiaoError
from xinqiao.growth import capacity
from xinqiao.hub import Hub
from xinqiao.queue.counts import check_counts
from xinqiao.reports.format_check import examine_tables, problems_of
from xinqiao.routing.calendar import WorkingCalendar

_PACKAGES = ("xinqiao", "sqlalchemy", "httpx", "pydantic", "cryptography", "chinesecalendar")

_MOST_SECONDS_APART = 30


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, whether it is in order, and a Chinese remark."""

    name: str
    ok: bool
    remark: str


def diagnose(root: Path) -> list[Check]:
    """Look at the program and at the workspace in ``root``; change nothing."""
    checks = [_run("版本", _versions)]
    try:
        workspace = open_workspace(root)
    except XinqiaoError as error:
        return [*checks, Check("工作区", ok=False, remark=error.message)]
    hub = Hub(workspace)
    checks.append(Check("工作区", ok=True, remark=_workspace(workspace)))
    checks.append(_run("权限", lambda: _permissions(workspace)))
    checks.append(_run("密钥", lambda: _keys(hub)))
    checks.append(_run("数据库", lambda: _database(hub)))
    if checks[-1].ok:
        checks.append(_run("容量", lambda: capacity(workspace, hub.database, hub.clock.now())))
        checks.append(_run("审计锚点", lambda: _anchors(hub)))
    checks.append(_run("工作日历", lambda: _calendar(hub)))
    checks.append(_run("格式表", lambda: _tables(hub)))
    checks += [_platform(hub, name) for name in hub.platforms]
    checks += [
        Check(f"平台 {name}", ok=False, remark=error.message)
        for name, error in hub.connections.broken.items()
    ]
    return checks


def _run(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, remark=look())
    except XinqiaoError as error:
        return Check(name, ok=False, remark=error.message)


def _versions() -> str:
    packages = "，".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"Python {machine.python_version()}，{packages}"


def _workspace(workspace: Workspace) -> str:
    mode = "演练" if workspace.settings.workspace.rehearsal else "正式"
    return f"{workspace.root}（{mode}）"


def _permissions(workspace: Workspace) -> str:
    for name in ("secrets", "var"):
        folder = workspace.root / name
        if not folder.is_dir():
            raise SettingsError(f"缺少文件夹 {folder}：请执行 xinqiao init 补全")
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise SettingsError(f"{folder} 能被他人读取：请执行 chmod 700 {folder}")
    return "secrets、var 只有本用户可读"


def _keys(hub: Hub) -> str:
    return f"当前密钥 {hub.keys.current}；请确认已离线备份"


def _database(hub: Hub) -> str:
    url = hub.database.url
    place = place_of(url)
    kind = check_filesystem(url)
    with hub.database.reading() as connection:
        found = self_check(connection)
        if is_retired(connection):
            raise moved(url)
        check_counts(connection)
        offset = (database_time(connection, hub.clock) - hub.clock.now()).total_seconds()
    if abs(offset) > _MOST_SECONDS_APART:
        raise SettingsError(
            f"{found}，{place}；数据库服务器的时钟与本机相差 {offset:.0f} 秒，"
            "期限和占用时间按服务器的时钟算：请校准",
            code="database_clock",
        )
    lies_on = f"（文件系统 {kind}）" if kind else ""
    return f"{found}，{place}{lies_on}"


def _anchors(hub: Hub) -> str:
    found = hub.anchoring.standing()
    wrong = [f"{place} 没有能看到：{why}" for place, why in found.unread.items()]
    wrong += [
        f"{place} 少了 {len(numbers)} 个写过的锚点（第 {numbers[0]} 号等）："
        "查明原因后执行 xinqiao audit anchors refill 补上"
        for place, numbers in found.missing.items()
    ]
    wrong += [
        f"{place} 还有 {count} 个没有送到：请执行 xinqiao audit anchor"
        for place, count in found.pending.items()
        if place not in found.unread
    ]
    if found.late:
        wrong.append(
            "早该写下一个了：请检查 xinqiao daemon 是否在运行，或执行 xinqiao audit anchor"
        )
    if wrong:
        raise SettingsError("；".join(wrong), code="anchors")
    if found.at is None:
        return "还没有锚点：xinqiao daemon 会定时写，也可执行 xinqiao audit anchor"
    last = f"最近是第 {found.number} 号，写于 {found.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if not found.places:
        return (
            f"{last}；没有设置库外的存放处，整库被重写时发现不了（xinqiao.toml 的 [audit.anchors]）"
        )
    return f"{last}；各存放处都有"


def _calendar(hub: Hub) -> str:
    today = Clock().today()
    try:
        calendar = hub.calendar
    except XinqiaoError:
        # what is wrong with the database is told above; the program's own table is there
        calendar = WorkingCalendar()
    status = calendar.status(today)
    doubtful = "（暂定）" if status.provisional else ""
    return f"{calendar.edition}；今天 {today} {status.reason}{doubtful}"


def _tables(hub: Hub) -> str:
    problems = problems_of(hub.formats, hub.workspace.tables)
    if problems:
        raise SettingsError("；".join(problems), code="tables")
    own = [one for one in examine_tables(hub.formats) if one.own is not None]
    if not own:
        return "都用随软件提供的"
    return f"本工作区自有：{'、'.join(f'{one.platform} / {one.kind}' for one in own)}"


def _platform(hub: Hub, name: str) -> Check:
    connection = hub.platforms[name]
    title = f"平台 {name}"
    if not connection.connected:
        return Check(title, ok=False, remark=f"还没有填写接口地址（platforms/{name}.toml）")
    try:
        connection.check_lease(name, hub.settings.delivery.lease_seconds)
        confirmed = hub.is_confirmed(name)
        missing = set(connection.profile.credentials) - set(hub.workspace.credentials(name))
    except XinqiaoError as error:
        return Check(title, ok=False, remark=error.message)
    if connection.missing_values:
        names = "、".join(connection.missing_values)
        return Check(title, ok=False, remark=f"缺少 {names}（platforms/{name}.toml 的 [values]）")
    if missing:
        names = "、".join(sorted(missing))
        return Check(title, ok=False, remark=f"缺少凭据 {names}（secrets/{name}.toml）")
    if not confirmed:
        remark = "档案未经确认或确认后有改动；核对后执行 xinqiao platforms confirm"
        return Check(title, ok=False, remark=remark)
    address = f"{connection.profile.address}{_outdated(hub, name)}"
    remark = f"{address}；接通试验：xinqiao platforms check {name}"
    return Check(title, ok=True, remark=remark)


def _outdated(hub: Hub, name: str) -> str:
    try:
        waiting = hub.outdated(name)
    except XinqiaoError:
        return ""  # what is wrong with the database is told above
    return f"；格式表有改动，{waiting} 条待重新判定（下一次 sync 时自动进行）" if waiting else ""
