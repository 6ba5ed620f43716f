"""Who can cure what is wrong with a record on its way (由谁办理)."""

from collections.abc import Mapping
from enum import StrEnum


class Actor(StrEnum):
    """Who acts on an instruction."""

    DEPARTMENT = "department"
    """The department that made the decision corrects its table (科室)."""

    OPERATOR = "operator"
    """Whoever runs the reporting looks at the platform or types a command (经办人)."""

    PLATFORM = "platform"
    """Only the platform can cure it; the operator asks it to (平台方)."""

    ADMINISTRATOR = "administrator"
    """Whoever keeps settings, profiles and tables changes them (系统管理员)."""


ACTORS: Mapping[Actor, str] = {
    Actor.DEPARTMENT: "科室",
    Actor.OPERATOR: "经办人",
    Actor.PLATFORM: "平台方",
    Actor.ADMINISTRATOR: "系统管理员",
}
"""Who acts → Chinese name."""
