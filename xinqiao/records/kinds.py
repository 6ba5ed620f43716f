"""The kinds of record (记录类型) that the hub knows; one more kind is one more entry."""

from collections.abc import Mapping
from types import MappingProxyType

from xinqiao.errors import InputError
from xinqiao.records.commitment import COMMITMENT
from xinqiao.records.driver_assessment import DRIVER_ASSESSMENT
from xinqiao.records.evaluation import EVALUATION
from xinqiao.records.kind import Kind
from xinqiao.records.list_entry import LIST_ENTRY
from xinqiao.records.news import NEWS
from xinqiao.records.objection import OBJECTION
from xinqiao.records.operator import OPERATOR
from xinqiao.records.penalty import PENALTY
from xinqiao.records.permit import PERMIT
from xinqiao.records.quality_assessment import QUALITY_ASSESSMENT
from xinqiao.records.repair import REPAIR
from xinqiao.records.repair_notice import REPAIR_NOTICE
from xinqiao.records.safety_grade import SAFETY_GRADE
from xinqiao.records.safety_info import SAFETY_INFO
from xinqiao.records.safety_watch import SAFETY_WATCH
from xinqiao.records.taxi_driver_assessment import TAXI_DRIVER_ASSESSMENT

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.identifier: kind
        for kind in (
            PERMIT,
            PENALTY,
            OPERATOR,
            QUALITY_ASSESSMENT,
            DRIVER_ASSESSMENT,
            TAXI_DRIVER_ASSESSMENT,
            SAFETY_INFO,
            COMMITMENT,
            LIST_ENTRY,
            REPAIR,
            OBJECTION,
            NEWS,
            SAFETY_GRADE,
            SAFETY_WATCH,
            EVALUATION,
            REPAIR_NOTICE,
        )
    }
)
"""Kind identifier → kind: what the bureau reports, then what comes back from platforms."""


def kind_of(identifier: str) -> Kind:
    """Return the kind called ``identifier``.

    Raises:
        InputError: No such kind; the message lists those there are.
    """
    if identifier not in KINDS:
        known = "、".join(f"{kind.identifier}（{kind.name}）" for kind in KINDS.values())
        raise InputError(f"没有“{identifier}”这种记录类型，可用的有：{known}", code="unknown_kind")
    return KINDS[identifier]


def reported_kinds() -> tuple[Kind, ...]:
    """Return the kinds that the bureau reports, in order; the others come back from platforms."""
    return tuple(kind for kind in KINDS.values() if not kind.incoming)
