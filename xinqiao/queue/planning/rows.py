"""What stands in a holding by which a platform should hold nothing (持有行)."""

from typing import Any

from xinqiao.adapters.base import Operation
from xinqiao.queue.planning.stored import Place
from xinqiao.queue.transitions import Cause


def removal_from(platform: str, publishing: frozenset[str]) -> Operation:
    """Return how ``platform`` lets go of a record; those that publish it take it down."""
    return Operation.TAKE_DOWN if platform in publishing else Operation.WITHDRAW


def unwanted_row(place: Place, removal: Operation, cause: Cause) -> dict[str, Any]:
    """Return the values of a holding by which a platform should hold nothing."""
    record_id, platform = place
    return {
        "record_id": record_id,
        "platform": platform,
        "wanted_version": None,
        "wanted_key": None,
        "findings": [],
        "replaces": False,
        "removal": removal.value,
        "shown_until": None,
        "leaves_key": None,
        "format_digest": None,
        "before_start": False,
        "updated_at": cause.at,
    }


NO_TABLE = "no_table"
"""Code of the finding that the platform's format table cannot be used."""

INVALID = "记录本身有错误，改正后重新导入才能报送"
"""What is found about a version that has errors of its own."""
