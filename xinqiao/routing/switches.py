"""What the settings switch (去向、审核开关), checked before anything is planned by it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from xinqiao.errors import SettingsError
from xinqiao.records.kinds import KINDS, reported_kinds
from xinqiao.routing.routes import Default, routes_of

Switches = Mapping[str, Mapping[str, bool]]
"""Kind → platform → whether it goes there, where that differs from the table of routes."""


REQUIRED = "required"
"""Records of a kind wait for a second person before they are sent."""

Checked = TypeVar("Checked", bound=Switches)


def checked_switches(switches: Checked) -> Checked:
    """Return ``switches``, which are sound.

    Args:
        switches: The section ``[routes]`` of ``xinqiao.toml``.

    Raises:
        SettingsError: A kind or a platform does not exist, or a route is switched on that the table
            forbids; the message names the file, the key and what may have been meant.
    """
    for kind, platforms in switches.items():
        place = f"xinqiao.toml 的 [routes.{kind}]"
        _check_kind(kind, place, "没有去向可以开关")
        for platform, switched_on in platforms.items():
            _check(kind, platform, place, switched_on=switched_on)
    return switches


def kinds_to_review(reviews: Mapping[str, str]) -> frozenset[str]:
    """Return the kinds of which a second person approves each version before it is sent.

    Args:
        reviews: The section ``[review]`` of ``xinqiao.toml``: kind → ``none`` or ``required``.

    Raises:
        SettingsError: A kind does not exist, or is never sent; the message names the file, the key
            and what may have been meant.
    """
    for kind in reviews:
        _check_kind(kind, f"xinqiao.toml 的 [review] {kind}", "没有报送可以审核")
    return frozenset(kind for kind, review in reviews.items() if review == REQUIRED)


def _check_kind(kind: str, place: str, nothing: str) -> None:
    if kind not in KINDS:
        names = [one.identifier for one in reported_kinds()]
        raise SettingsError(
            f"{place}：没有记录类型 {kind}{_hint(kind, names)}", code="unknown_switch"
        )
    if KINDS[kind].incoming:
        raise SettingsError(
            f"{place}：{KINDS[kind].name}由平台发回，不由本单位报送，{nothing}，请删去",
            code="unknown_switch",
        )


def _check(kind: str, platform: str, place: str, *, switched_on: bool) -> None:
    rows = routes_of(kind)
    row = next((one for one in rows if one.platform == platform), None)
    if row is None:
        names = dict.fromkeys(one.platform for one in rows)
        raise SettingsError(
            f"{place}：没有平台 {platform}{_hint(platform, names)}", code="unknown_switch"
        )
    if row.default is Default.NEVER and switched_on:
        raise SettingsError(
            f"{place}：{KINDS[kind].name}不报送 {platform}，不能打开（{row.note}），"
            "请改为 false 或删去",
            code="route_forbidden",
        )


def _hint(text: str, known: Iterable[str]) -> str:
    names = list(known)
    if near := get_close_matches(text, names, n=1):
        return f"，是不是想写“{near[0]}”？"
    return f"，可以写：{'、'.join(names)}"
