"""What planning again came to, record by record (计划变动)."""

from dataclasses import dataclass


@dataclass(slots=True)
class Unreported:
    """How many valid changes go to no platform.

    Attributes:
        not_owed: Nobody is owed them (不报送).
        unclaimed: They are owed, but to no platform that the workspace has (没有平台接收).
        before_start: They were decided before the hub reported to some platform (启用前).
    """

    not_owed: int = 0
    unclaimed: int = 0
    before_start: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that goes to a platform from now on, or goes there no longer (去向变动).

    Attributes:
        record_id: Which record.
        platform: Which platform.
        goes: Whether it goes there from now on.
    """

    record_id: str
    platform: str
    goes: bool


@dataclass(frozen=True, slots=True)
class Refitted:
    """A record that a platform's changed tables treat otherwise than before (格式变动).

    Attributes:
        record_id: Which record.
        platform: Which platform.
        fits: Whether its present version can be sent now.
    """

    record_id: str
    platform: str
    fits: bool


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A record that waits for a second person from now on, or no longer (待审核变动).

    Attributes:
        record_id: Which record.
        platform: Where it is to be sent.
        waits: Whether it waits from now on.
    """

    record_id: str
    platform: str
    waits: bool
