"""Since when the bureau reports to each platform through this hub (启用日期)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from xinqiao.errors import SettingsError

_PLACE = "xinqiao.toml 的 [start.platforms]"


@dataclass(frozen=True, slots=True)
class Starts:
    """From which day on decisions are owed through the hub.

    Attributes:
        everywhere: The day for every platform that has none of its own; None for all decisions.
        platforms: Platform → its own day.
    """

    everywhere: date | None = None
    platforms: Mapping[str, date] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether there is such a day at all."""
        return self.everywhere is not None or bool(self.platforms)

    def of(self, platform: str) -> date | None:
        """Return the day for a platform; None where every decision is owed."""
        return self.platforms.get(platform, self.everywhere)

    def precedes(self, platform: str, day: date | None) -> bool:
        """Tell whether a time limit that runs from ``day`` began before the hub reported there.

        Of a day that is not known nothing is said: nothing that may be owed goes unnoticed.
        """
        first = self.of(platform)
        return first is not None and day is not None and day < first


def checked_starts(
    report_from: date | None, platforms: Mapping[str, date], known: Collection[str]
) -> Starts:
    """Return what the section ``[start]`` of ``xinqiao.toml`` says, which is sound.

    Args:
        report_from: The day for every platform.
        platforms: Platform → its own day.
        known: Identifiers of the platforms that there are.

    Raises:
        SettingsError: A platform does not exist; the message names the nearest one.
    """
    names = sorted(known)
    for platform in platforms:
        if platform not in names:
            near = get_close_matches(platform, names, n=1)
            hint = f"是不是想写“{near[0]}”？" if near else f"可以写：{'、'.join(names)}"
            raise SettingsError(f"{_PLACE}：没有平台 {platform}，{hint}", code="unknown_start")
    return Starts(report_from, dict(platforms))
