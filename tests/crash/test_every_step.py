"""A worker that dies at any step of a delivery leaves nothing lost, doubled or guessed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.every_step import Killer, every_death, killing
from tests.crash.stage import PLATFORM, Stage
from tests.postgresql import Server
from xinqiao.simulator.process import SimulatorProcess, start

RECORDS = 2
COMMITS_BEFORE_THE_CALL = 2
"""The claim, and the batch with its request marked as begun."""

RECORDS = 2


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with killing() as made:
        yield made


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    with start(PLATFORM, accept_repeats=True) as running:
        yield running


@pytest.mark.parametrize(
    ("manner", "ends"),
    [
        ("answers questions", {"accepted"}),
        ("takes identical bytes once", {"accepted"}),
        ("neither", {"accepted", "held"}),
    ],
)
@pytest.mark.timeout(300)
def test_after_a_death_at_any_step_every_record_has_taken_effect_once_or_waits_for_a_person(
    killer: Killer, simulator: SimulatorProcess, folder: Path, manner: str, ends: set[str]
) -> None:
    stage = Stage(folder / "ws", "", simulator)
    stage.load(RECORDS)
    deaths = list(every_death(killer, stage, lambda: ("", lambda _: None), manner))
    names = [death.name for death in deaths]
    assert names.count("COMMIT") > COMMITS_BEFORE_THE_CALL
    assert any("send_request_body" in name for name in names)
    assert any("receive_response_body" in name for name in names)
    for death in deaths:
        assert death.verdict.clean, death
        assert set(death.states) <= ends, death
    if manner == "neither":
        began = names.index("COMMIT", names.index("COMMIT") + 1)
        sure = [death for death in deaths if death.step <= began]
        assert all(set(death.states) == {"accepted"} for death in sure), "it had not begun"


@pytest.mark.timeout(300)
def test_after_a_death_at_any_step_of_asking_every_record_is_known_and_none_was_sent_again(
    killer: Killer, simulator: SimulatorProcess, folder: Path
) -> None:
    stage = Stage(folder / "ws", "", simulator)
    stage.load(RECORDS)
    deaths = list(
        every_death(killer, stage, lambda: ("", lambda _: None), "answers questions", "asking")
    )
    assert len(deaths) > RECORDS
    for death in deaths:
        assert death.verdict.clean, death
        assert set(death.states) == {"accepted"}, death


@pytest.mark.timeout(300)
def test_on_postgresql_too(
    killer: Killer, simulator: SimulatorProcess, folder: Path, postgresql: Server
) -> None:
    with postgresql.clocked() as databases:
        first, copied = databases
        stage = Stage(folder / "ws", first, simulator)
        stage.load(RECORDS)
        for death in every_death(killer, stage, copied, "answers questions"):
            assert death.verdict.clean, death
            assert set(death.states) == {"accepted"}, death
