"""Finds connectors of other packages (外部连接程序) by their entry point."""

from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from xinqiao.adapters.base import Capabilities, Connector, Surroundings
from xinqiao.adapters.profile import Profile, PythonTransport
from xinqiao.errors import SettingsError, XinqiaoError

GROUP = "xinqiao.connectors"
"""Entry point group in which packages name their factories."""

_METHODS = ("submit", "poll", "query", "ledger", "probe", "close")


class ConnectorFactory(Protocol):
    """What an entry point of :data:`GROUP` names."""

    def __call__(self, profile: Profile, surroundings: Surroundings) -> Connector:
        """Return a connector; nothing is sent.

        ``profile.transport.options`` is the factory's own to check. In a rehearsal
        (``surroundings.rehearsal``) the connector must talk to nothing but this machine.

        Raises:
            SettingsError: Something in the profile or the workspace must be corrected; Chinese,
                names the key, quotes no secret.
        """


def installed() -> tuple[str, ...]:
    """Return the names of the connectors that installed packages bring, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def version_of(profile: Profile) -> str:
    """Return name and version of the package that a profile's connector comes from.

    Empty for a profile that names no connector of another package, or none that is installed. A
    confirmation binds to it, as other code may do other things with the same profile.
    """
    if not isinstance(profile.transport, PythonTransport):
        return ""
    points = sorted(_package(point) for point in _points(profile.transport.connector))
    return "；".join(points)


def make(profile: Profile, transport: PythonTransport, surroundings: Surroundings) -> Connector:
    """Return the connector that ``transport`` names.

    Raises:
        SettingsError: No package brings it, two do, or what it brings does not work; the message
            names the package. Values are not quoted: a factory knows secrets.
    """
    point = _point(transport.connector)
    whose = f"连接程序 {point.name}（{_package(point)}）"
    try:
        factory = point.load()
    except Exception as error:  # noqa: BLE001 - whatever stands in another's package may fail
        missing = (
            f"，缺少模块 {error.name}" if isinstance(error, ImportError) and error.name else ""
        )
        raise SettingsError(
            f"{whose}无法载入（{type(error).__name__}{missing}），请重新安装或与提供者联系",
            code="connector",
        ) from None
    try:
        made: object = factory(profile, surroundings)
    except XinqiaoError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise SettingsError(
            f"{whose}无法启动（{type(error).__name__}），请核对 transport.options，或与提供者联系",
            code="connector",
        ) from None
    lacking = _lacking(made)
    if lacking:
        raise SettingsError(
            f"{whose}给出的不是连接程序，缺少 {'、'.join(lacking)}，请与提供者联系",
            code="connector",
        )
    return made  # type: ignore[return-value] # _lacking has looked


def _lacking(made: object) -> list[str]:
    """Return the names of the contract that ``made`` does not have."""
    lacking = [name for name in _METHODS if not callable(getattr(made, name, None))]
    if not isinstance(getattr(made, "capabilities", None), Capabilities):
        lacking.append("capabilities")
    return lacking


def _points(name: str) -> list[EntryPoint]:
    return list(entry_points(group=GROUP, name=name))


def _point(name: str) -> EntryPoint:
    points = _points(name)
    if not points:
        known = "、".join(installed())
        there = f"已安装的有：{known}" if known else "目前一个也没有安装"
        raise SettingsError(
            f"没有名为「{name}」的连接程序（transport.connector），{there}", code="connector"
        )
    if len(points) > 1:
        packages = "、".join(sorted(_package(point) for point in points))
        raise SettingsError(
            f"有几个软件包都带有名为「{name}」的连接程序：{packages}，请只保留一个",
            code="connector",
        )
    return points[0]


def _package(point: EntryPoint) -> str:
    distribution = point.dist
    return point.module if distribution is None else f"{distribution.name} {distribution.version}"
