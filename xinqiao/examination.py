"""Everything that can be told of a platform before records go to it (检查平台).

Each part stands alone: a platform that cannot be reached, or of which nothing is filled in yet, is
told of as far as its profile goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from xinqiao.adapters.base import Operation
from xinqiao.adapters.exchange_db.coverage import lost_fields as fields_lost_in_table
from xinqiao.adapters.file_drop.rendering import lost_fields as fields_lost_in_file
from xinqiao.adapters.http.authentication.explanation import signing_explained
from xinqiao.adapters.policies import CorrectionStrategy, WithdrawStrategy
from xinqiao.adapters.profile import Profile
from xinqiao.connections import Connection, surroundings
from xinqiao.errors import RefusedError, XinqiaoError
from xinqiao.feedback.known_codes import refusal_codes
from xinqiao.hub import Hub
from xinqiao.mapping.registry import Formats
from xinqiao.mapping.tables import FormatTable, Status
from xinqiao.records.kinds import KINDS
from xinqiao.routing.routes import routes_for, routes_of

_LAYOUTS = {"exchange_db": "tables", "file": "templates", "manual": "templates"}
"""Transport → its part that says for each kind how rows are laid out."""

_ON_THIS_MACHINE = frozenset({"file", "manual"})
"""Transports whose check calls nobody: it looks at folders."""

_CORRECTING = {
    CorrectionStrategy.UPDATE: Operation.UPDATE,
    CorrectionStrategy.REPLACE: Operation.WITHDRAW,
}
_WITHDRAWING = {
    WithdrawStrategy.OPERATION: Operation.WITHDRAW,
    WithdrawStrategy.VOID_ROW: Operation.UPDATE,
}
"""Way in which a newer version, or a withdrawal, is sent → operation that must have a word."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, whether it is in order, and a Chinese remark."""

    name: str
    ok: bool
    remark: str


@dataclass(frozen=True, slots=True)
class KindExamined:
    """What there is for one kind of record that is owed to the platform.

    Attributes:
        kind: Identifier, such as ``permit``.
        edition: Edition of its format table; empty when there is none.
        columns: How many columns the table has.
        unconfirmed: How many of them are not confirmed by the platform's own document.
        missing: What is missing for it, in Chinese.
    """

    kind: str
    edition: str
    columns: int
    unconfirmed: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of the profile comes from (依据)."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What examining a platform came to.

    Attributes:
        checks: What was looked at, in order.
        clock_offset: The platform's clock minus ours in seconds, if it can be told.
        reference: Whether the profile as a whole is not confirmed by the platform.
        sources: Where each part of the profile comes from.
        kinds: What there is for each kind that is owed to the platform.
        signing: (step, what comes out of it) of a sample that is signed; nothing is sent.
    """

    checks: tuple[Check, ...]
    clock_offset: float | None
    reference: bool
    sources: tuple[Source, ...]
    kinds: tuple[KindExamined, ...]
    signing: tuple[tuple[str, str], ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed and nothing is missing."""
        return all(one.ok for one in self.checks) and not any(one.missing for one in self.kinds)


_NOT_REPORTED = "某类记录不报这个平台的，在 xinqiao.toml 的 [routes] 中关闭。"

_NO_ROUTE = Check(
    "去向",
    ok=False,
    remark="去向表中没有要报送这个平台的记录，文件名须是平台标识（用 xinqiao routes list 查看）："
    '请改名，例如改为 platforms/credit_shandong.toml，在文件中用 profile = "配置名" 引用随附的配置',
)


def examine(hub: Hub, platform: str) -> Examination:
    """Look at everything about a platform; sends no record.

    Raises:
        InputError: The workspace has no such platform.
        SettingsError: Its file is broken; the message names file and key.
    """
    (name,) = hub.chosen(platform)
    connection = hub.platforms[name]
    kinds = tuple(kinds_of(name, connection.profile, hub.switches, hub.formats))
    checks = [] if kinds else [_NO_ROUTE]
    filled_in = list(_filled_in(hub, name, connection))
    checks += filled_in
    offset = None
    if all(one.ok for one in filled_in):
        try:
            probe = hub.check(name)
        except XinqiaoError as error:
            checks.append(Check("接通", ok=False, remark=error.message))
        else:
            checks += [Check(*one) for one in probe.checks]
            offset = probe.clock_offset
    checks += _under_way(hub, name)
    checks += _instructed(hub, name, connection.profile)
    profile = connection.profile
    return Examination(
        checks=tuple(checks),
        clock_offset=offset,
        reference=profile.status == "reference",
        sources=tuple(sources_of(profile)),
        kinds=kinds,
        signing=tuple(_signing(hub, name, connection)),
    )


def words_of_under_way(batches: int) -> str:
    """Return what a person is told of batches that were sent as a profile said before."""
    return (
        f"有 {batches} 批是按改动前的档案报送的，还没有办结：平台的明确答复照常采信；"
        "按现在的档案查不到的不作没有收到，转为挂起，由人核实"
    )


def _under_way(hub: Hub, name: str) -> Iterator[Check]:
    """Tell of batches under way that were sent in another way; that is no fault of the profile."""
    try:
        batches = hub.under_another_profile(name)
    except XinqiaoError as error:
        yield Check("在途批次", ok=False, remark=error.message)
        return
    if batches:
        yield Check("在途批次", ok=True, remark=words_of_under_way(batches))


def _instructed(hub: Hub, name: str, profile: Profile) -> Iterator[Check]:
    """Tell whether people are told what to do about each code that the profile knows."""
    instructions = hub.instructions
    broken = instructions.broken(name)
    if broken is not None:
        yield Check("处理说明", ok=False, remark=f"{broken.message}；暂按随附的说明")
    missing = [one for one in refusal_codes(profile) if not instructions.covers(name, one)]
    if missing:
        remark = (
            f"没有处理说明的退回代码：{'、'.join(missing)}；"
            f"向平台方问明含义后写进 tables/instructions/{name}.toml"
        )
        yield Check("退回代码", ok=True, remark=remark)
    for stray in instructions.strays:
        yield Check(
            "处理说明",
            ok=False,
            remark=f"tables/instructions/{stray}.toml 不是本工作区任何平台的，文件名应为平台标识",
        )


def require_usable(hub: Hub, platform: str) -> None:
    """Refuse to go on while something that can be seen on this machine keeps a platform from use.

    Nobody is called: a network that is away for an hour is no reason.

    Raises:
        InputError: The workspace has no such platform.
        SettingsError: Its file is broken.
        RefusedError: A local check fails, or something is missing for a kind; says what.
    """
    (name,) = hub.chosen(platform)
    connection = hub.platforms[name]
    kinds = tuple(kinds_of(name, connection.profile, hub.switches, hub.formats))
    wrong = [_NO_ROUTE] if not kinds else []
    wrong += [one for one in _filled_in(hub, name, connection) if not one.ok]
    if not wrong and connection.profile.transport.type in _ON_THIS_MACHINE:
        wrong += [Check(*one) for one in hub.check(name).checks if not one[1]]
    words = [f"{one.name}：{one.remark}" for one in wrong]
    words += [f"{one.kind} 缺少{missing}" for one in kinds for missing in one.missing]
    if words:
        raise RefusedError(
            f"平台 {name} 还不能用，没有确认：{'；'.join(words)}。"
            f"{_NOT_REPORTED if any(one.missing for one in kinds) else ''}"
            f"改好后用 xinqiao platforms check {name} 检查",
            code="not_usable",
        )


def sources_of(profile: Profile) -> Iterator[Source]:
    """Yield where each part of a profile comes from, in the order of the profile."""
    yield Source("", profile.source)
    for name in type(profile).model_fields:
        yield from _sources(name, getattr(profile, name))


def _sources(path: str, part: object) -> Iterator[Source]:
    if isinstance(part, BaseModel):
        text = getattr(part, "source", None)
        if isinstance(text, str):
            yield Source(path, text)
        for name in type(part).model_fields:
            yield from _sources(f"{path}.{name}", getattr(part, name))
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _sources(f"{path}.{name}", inner)
    elif isinstance(part, tuple):
        for position, inner in enumerate(part, 1):
            yield from _sources(f"{path}[{position}]", inner)


def _filled_in(hub: Hub, name: str, connection: Connection) -> Iterator[Check]:
    """Check what the workspace must give before anybody can be called."""
    key = connection.profile.transport.address_key
    address = connection.profile.address if connection.connected else f"还没有填写 transport.{key}"
    yield Check("地址", connection.connected, address)
    values = "、".join(connection.missing_values)
    if connection.profile.settings:
        remark = f"缺少 {values}（platforms/{name}.toml 的 [values]）" if values else "已填写"
        yield Check("平台要的值", not values, remark)
    if connection.profile.credentials:
        try:
            given = set(hub.workspace.credentials(name))
        except XinqiaoError as error:
            yield Check("凭据", ok=False, remark=error.message)
        else:
            missing = "、".join(sorted(set(connection.profile.credentials) - given))
            remark = f"缺少 {missing}（secrets/{name}.toml）" if missing else "已填写"
            yield Check("凭据", not missing, remark)
    try:
        connection.check_lease(name, hub.settings.delivery.lease_seconds)
    except XinqiaoError as error:
        yield Check("占用时间", ok=False, remark=error.message)


def kinds_of(
    name: str,
    profile: Profile,
    switches: Mapping[str, Mapping[str, bool]],
    formats: Formats,
) -> Iterator[KindExamined]:
    """Yield what there is for each kind of record that is owed to platform ``name``.

    Args:
        name: Identifier of the platform.
        profile: Its profile.
        switches: Kind → platform → whether it goes there, where that differs from the table.
        formats: The format tables in use.
    """
    tables = formats.of_platform(name)
    for kind in KINDS:
        if routes_for(kind, frozenset({name}), switches.get(kind)):
            table = tables.get(kind)
            yield KindExamined(
                kind,
                table.edition if table is not None else "",
                len(table.fields) if table is not None else 0,
                _unconfirmed(table) if table is not None else 0,
                tuple(missing_for(kind, profile, table)),
            )


def _unconfirmed(table: FormatTable) -> int:
    return sum(one.status is not Status.CONFIRMED or bool(one.unconfirmed) for one in table.fields)


def missing_for(kind: str, profile: Profile, table: FormatTable | None) -> Iterator[str]:
    """Yield in Chinese what is missing before records of ``kind`` can be sent.

    A connector in Python knows itself what it needs.
    """
    if table is None:
        yield "报送格式表"
    if profile.transport.type == "python":
        return
    if kind not in profile.words.kinds:
        yield f"平台对这类记录的叫法（words.kinds.{kind}）"
    layout = _LAYOUTS.get(profile.transport.type)
    if layout is not None and kind not in getattr(profile.transport, layout):
        yield f"版式（transport.{layout}.{kind}）"
    if table is not None:
        yield from _unmatched(kind, profile, [one.code for one in table.fields])
    name = profile.id if table is None else table.platform
    strategy = profile.withdraw.get(kind, WithdrawStrategy.BY_HAND)
    shows = any(one.publishes and one.platform == name for one in routes_of(kind))
    asked = (
        Operation.INSERT,
        _CORRECTING.get(profile.corrections.get(kind, CorrectionStrategy.UPDATE)),
        _WITHDRAWING.get(strategy),
        # whoever shows records must stop when they are repaired or their period is over
        Operation.TAKE_DOWN if shows and strategy is WithdrawStrategy.OPERATION else None,
    )
    for operation in Operation:
        if operation in asked and operation not in profile.words.operations:
            yield f"平台对操作的叫法（words.operations.{operation.value}）"


def _unmatched(kind: str, profile: Profile, codes: Sequence[str]) -> Iterator[str]:
    """Yield where a layout and the format differ: what has no column would be lost in silence."""
    for differences in (fields_lost_in_table, fields_lost_in_file):
        lost, foreign = differences(profile, kind, codes)
        if lost:
            yield f"字段的列：{'、'.join(lost)}（版式中补上，确实不报的写进 omit）"
        if foreign:
            yield f"报送格式中的字段：{'、'.join(foreign)}（版式中有、格式中没有，请更正）"


def _signing(hub: Hub, name: str, connection: Connection) -> list[tuple[str, str]]:
    try:
        given = surroundings(hub.workspace, name, connection, hub.clock)
        return signing_explained(connection.profile, given)
    except XinqiaoError as error:
        return [("签名示例", f"不能示例：{error.message}")]
