from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xinqiao.simulator.faults import Fault
from xinqiao.simulator.plan import Call, FaultPlan

SUBMISSION = Call("submissions", "insert", frozenset({"1号", "2号"}))


def fault(name: str, **keys: Any) -> Fault:
    return Fault(name=name, **keys)


def drawn(plan: FaultPlan, calls: int, call: Call = SUBMISSION) -> list[str]:
    found = (plan.draw(call) for _ in range(calls))
    return [each.name if each else "" for each in found]


def test_a_fault_befalls_the_nth_matching_call_once() -> None:
    assert drawn(FaultPlan([fault("busy", nth=3)]), 5) == ["", "", "busy", "", ""]


def test_times_says_how_many_calls_suffer() -> None:
    assert drawn(FaultPlan([fault("busy", nth=2, times=2)]), 4) == ["", "busy", "busy", ""]
    assert drawn(FaultPlan([fault("busy", times="unlimited")]), 4) == ["busy"] * 4


def test_faults_queued_one_after_the_other_befall_two_calls() -> None:
    plan = FaultPlan([fault("timeout_before")])
    plan.add([fault("html_page")])
    assert drawn(plan, 3) == ["timeout_before", "html_page", ""]


def test_other_calls_do_not_count() -> None:
    plan = FaultPlan(
        [
            fault("busy", call="receipts"),
            fault("html_page", operation="update"),
            fault("whole_batch_refused", document_number="3号"),
        ]
    )
    assert drawn(plan, 3) == ["", "", ""]
    assert drawn(plan, 1, Call("receipts")) == ["busy"]
    assert drawn(plan, 1, Call("submissions", "update")) == ["html_page"]
    assert drawn(plan, 1, Call("submissions", "insert", frozenset({"3号"}))) == [
        "whole_batch_refused"
    ]


@given(seed=st.integers(), chance=st.floats(0.01, 1))
def test_chance_is_the_same_in_every_run_of_one_seed(seed: int, chance: float) -> None:
    runs = [drawn(FaultPlan([fault("busy", probability=chance)], seed), 30) for _ in range(2)]
    assert runs[0] == runs[1]


def test_chance_hits_some_calls_and_spares_others() -> None:
    assert set(drawn(FaultPlan([fault("busy", probability=0.5)], seed=1), 100)) == {"", "busy"}
