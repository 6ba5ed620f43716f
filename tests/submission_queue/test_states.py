"""The table of states is whole, and the same in code, database and documents."""

import re
from pathlib import Path

import pytest

import xinqiao
from xinqiao.database.tables import CLOSED_STATES, OPEN_STATES
from xinqiao.queue.states import CHINESE, OPEN, TRANSITIONS, State, allowed, diagram


def test_every_state_has_a_chinese_name_and_a_row() -> None:
    assert set(CHINESE) == set(State) == set(TRANSITIONS)
    assert len(set(CHINESE.values())) == len(State)


def test_the_database_knows_the_same_states_and_the_same_open_ones() -> None:
    assert set(OPEN_STATES) == {state.value for state in OPEN}
    assert set(OPEN_STATES) | set(CLOSED_STATES) == {state.value for state in State}


def test_every_state_can_be_reached_from_ready() -> None:
    reached = {State.READY}
    while more := {after for one in reached for after in TRANSITIONS[one]} - reached:
        reached |= more
    assert reached == set(State)


@pytest.mark.parametrize("before", [State.AWAITING_RECEIPT, State.IN_DOUBT, State.SENDING])
def test_what_may_be_at_the_platform_is_never_cancelled(before: State) -> None:
    assert not allowed(before, State.CANCELLED)


def test_a_late_positive_receipt_overrides_a_refusal_but_nothing_else_leaves_it() -> None:
    assert TRANSITIONS[State.REJECTED] == {State.ACCEPTED}


def test_the_diagram_draws_every_transition_once() -> None:
    lines = re.findall(r"(\w+) --> (\w+)", diagram())
    assert sorted(lines) == sorted(
        (before.value, after.value) for before in State for after in TRANSITIONS[before]
    )


def test_no_other_module_changes_the_state_of_a_submission() -> None:
    root = Path(xinqiao.__file__).parent
    changing = re.compile(r"\bstate=(?!State\.|state|self|claimed)|\"state\":\s*(?!State)")
    culprits = [
        path.name
        for path in root.rglob("queue/*.py")
        if path.name != "transitions.py"
        and "sa.update(submission)" in path.read_text("utf-8")
        and changing.search(path.read_text("utf-8"))
    ]
    assert culprits == []
