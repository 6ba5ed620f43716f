"""What each case adds to each figure (指标算法): the formulas of ``figures.toml`` in code.

None says that a case does not concern a figure at all; a share of noughts, that it does and does
not count yet.
"""

from collections.abc import Callable, Mapping

from xinqiao.reconcile.figures.cases import (
    ACCEPTED,
    Amount,
    Case,
    FirstReport,
    Share,
    Standing,
)
from xinqiao.reconcile.figures.definitions import Figure
from xinqiao.routing.rules import must_report_by_law

_REPORTED = frozenset({Standing.ON_TIME, Standing.LATE})
_DUE = _REPORTED | {Standing.OVERDUE}

_TIMED: Mapping[str, tuple[Standing, frozenset[Standing]]] = {
    "on_time": (Standing.ON_TIME, _REPORTED),
    "late": (Standing.LATE, _REPORTED),
    "on_time_of_due": (Standing.ON_TIME, _DUE),
    "concealed": (Standing.OVERDUE, _DUE),
    "changed_on_time": (Standing.ON_TIME, _DUE),
}
"""Figure → how a case of the numerator stands, and how those of the denominator do."""


def share(figure: Figure, case: Case, standing: Standing | None) -> Share | None:
    """Return what ``case`` adds to ``figure``.

    Args:
        figure: The figure.
        case: Of what the figure counts.
        standing: How its legal duty stands by the way of counting that is asked for; None where
            none is owed. It matters to timed figures alone.
    """
    if isinstance(case, Amount):
        return Share(case.numerator, case.denominator)
    if figure.timed:
        return None if standing is None else _timed(figure.id, standing)
    return _COUNTED[figure.id](case) if isinstance(case, FirstReport) else None


def _timed(figure: str, standing: Standing) -> Share:
    if standing is Standing.PROVISIONAL:
        return Share(provisional=1)
    above, below = _TIMED[figure]
    return Share(int(standing is above), int(standing in below))


def _missing(case: FirstReport) -> Share | None:
    duty = case.obligation
    if duty is None:
        # nobody can read its decision date: known, and surely not there
        by_law = must_report_by_law(case.place.kind, case.place.platform)
        return Share(1, 1) if case.wanted and by_law else None
    if not (duty.legal and duty.owed):
        return None
    return Share(int(not duty.reported), 1)


def _compliance_first(case: FirstReport) -> Share | None:
    return None if case.first is None else Share(int(case.first == ACCEPTED), 1)


def _compliance_final(case: FirstReport) -> Share | None:
    return None if case.first is None else Share(int(case.stored), 1)


def _stored(case: FirstReport) -> Share | None:
    return Share(int(case.stored), 1) if case.sent else None


def _repeated(case: FirstReport) -> Share | None:
    return Share(int(case.repeated), 1) if case.sent else None


_COUNTED: Mapping[str, Callable[[FirstReport], Share | None]] = {
    "missing": _missing,
    "compliance_first": _compliance_first,
    "compliance_final": _compliance_final,
    "stored": _stored,
    "repeated": _repeated,
}

ANSWERED = frozenset(_COUNTED) - {"missing"}
"""Figures for which it matters what platforms said."""

MEASURED = frozenset({*_TIMED, *_COUNTED, "completeness", "repeated_in_files"})
"""Figures that can be counted."""
