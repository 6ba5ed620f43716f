"""Which call suffers which fault: the queue of faults, drawn from by one call after another."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from xinqiao.simulator.faults import CallName, Fault


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call when it is asked whether it suffers a fault."""

    name: CallName
    operation: str = ""
    document_numbers: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Queued:
    fault: Fault
    calls_seen: int = 0
    calls_hit: int = 0

    def spent(self) -> bool:
        limit = self.fault.limit
        return limit is not None and self.calls_hit >= limit


class FaultPlan:
    """The faults still to come. Not safe for threads: the caller holds a lock.

    A call suffers at most one fault, the first of the queue that fires. Faults behind it do not
    count the call, so that two faults that are queued one after the other befall two calls.

    Args:
        faults: The faults from the start.
        seed: Makes faults by probability the same in every run.
    """

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._queue = [_Queued(fault) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - repeatable chance, no secret

    def add(self, faults: Iterable[Fault]) -> None:
        """Queue further faults behind those there are."""
        self._queue.extend(_Queued(fault) for fault in faults)

    def draw(self, call: Call) -> Fault | None:
        """Return the fault that ``call`` suffers, if any."""
        for queued in self._queue:
            if not queued.spent() and _matches(queued.fault, call) and self._fires(queued):
                queued.calls_hit += 1
                return queued.fault
        return None

    def _fires(self, queued: _Queued) -> bool:
        queued.calls_seen += 1
        if queued.fault.probability is not None:
            return self._random.random() < queued.fault.probability
        return queued.calls_seen >= queued.fault.nth


def _matches(fault: Fault, call: Call) -> bool:
    return (
        fault.call == call.name
        and fault.operation in (None, call.operation)
        and (fault.document_number is None or fault.document_number in call.document_numbers)
    )
