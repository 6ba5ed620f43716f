"""States of a submission (报送件状态), and every move that is allowed between them.

This table is the only place that says so: the database holds the same words as a check, the
diagram in the guarantees is drawn from it, and :func:`xinqiao.queue.transitions.advance` refuses
anything else.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a submission stands."""

    READY = "ready"
    """Waits for its turn; the platform does not have it (待报送)."""

    SENDING = "sending"
    """A worker holds it (报送中)."""

    AWAITING_RECEIPT = "awaiting_receipt"
    """The platform took it and has not decided (待回执)."""

    IN_DOUBT = "in_doubt"
    """It is unknown whether the platform has it (待核实)."""

    ACCEPTED = "accepted"
    """The platform holds it (已入库)."""

    REJECTED = "rejected"
    """The platform refused it; a correction is needed (被退回)."""

    CONFLICT = "conflict"
    """The platform holds something else, or contradicted itself; a person looks (有冲突)."""

    HELD = "held"
    """A person must decide (已挂起)."""

    CANCELLED = "cancelled"
    """Given up before it left, or overtaken by a newer version (已取消)."""


CHINESE: Mapping[State, str] = {
    State.READY: "待报送",
    State.SENDING: "报送中",
    State.AWAITING_RECEIPT: "待回执",
    State.IN_DOUBT: "待核实",
    State.ACCEPTED: "已入库",
    State.REJECTED: "被退回",
    State.CONFLICT: "有冲突",
    State.HELD: "已挂起",
    State.CANCELLED: "已取消",
}
"""What operators read."""

_DECIDED = frozenset({State.ACCEPTED, State.REJECTED, State.CONFLICT, State.HELD})

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.READY: frozenset({State.SENDING, State.HELD, State.CANCELLED}),
    State.SENDING: _DECIDED | {State.AWAITING_RECEIPT, State.IN_DOUBT, State.READY},
    # ready again only when the platform refused the whole delivery: see xinqiao.queue.reports
    State.AWAITING_RECEIPT: _DECIDED | {State.READY},
    State.IN_DOUBT: _DECIDED | {State.AWAITING_RECEIPT, State.READY},
    State.ACCEPTED: frozenset({State.CONFLICT}),
    State.REJECTED: frozenset({State.ACCEPTED}),
    # the last two only by a person's word: what the platform repeats decides no contradiction
    State.CONFLICT: _DECIDED - {State.CONFLICT} | {State.CANCELLED, State.READY},
    State.HELD: frozenset({State.READY, State.CANCELLED, State.ACCEPTED, State.REJECTED}),
    State.CANCELLED: frozenset(),
}
"""State → states it may go to."""

OPEN = frozenset(State) - {State.ACCEPTED, State.REJECTED, State.CANCELLED}
"""States in which a submission occupies its holding: the next one must wait."""


def allowed(before: State, after: State) -> bool:
    """Tell whether a submission may go from ``before`` to ``after``."""
    return after in TRANSITIONS[before]


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", "    [*] --> ready"]
    for before in State:
        lines += [f"    {before} --> {after}" for after in State if allowed(before, after)]
    return "\n".join(lines)
