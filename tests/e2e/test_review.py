"""Over HTTP, with two people: the platform's own journal holds nothing that nobody approved."""

from typing import Any

import pytest

from tests.commands.terminal import Said, Terminal
from tests.e2e.rehearsal import Rehearsal, permit
from xinqiao.config.workspace import open_workspace

NUMBER = "云交许〔2026〕0001号"


def received(stage: Rehearsal) -> dict[str, Any]:
    effects: dict[str, Any] = stage.simulator.received()["effects"]
    return effects


def test_the_platform_is_handed_what_another_person_approved_and_nothing_else(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stage.workspace.root / "xinqiao.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f'{text}\n[review]\npermit = "required"\n', "utf-8")
    terminal = Terminal(open_workspace(stage.workspace.root), monkeypatch)

    def run(who: str, *words: object) -> Said:
        with monkeypatch.context() as patch:
            patch.setenv("LOGNAME", who)
            return terminal.run(*words)

    assert run("zhang", "import", stage.file(permit(1), permit(2))).code == 0
    run("zhang", "sync")
    assert run("zhang", "review", "approve", NUMBER).code == 1
    run("zhang", "sync")
    assert (received(stage), stage.simulator.received()["calls"]) == ({}, [])
    assert run("li", "review", "approve", NUMBER).code == 0
    stage.settle(accepted=1)
    assert received(stage) == {NUMBER: 1}
    # the correction of what the platform holds waits as well
    run("zhang", "import", stage.file(permit(1, content="货运、客运"), permit(2)))
    stage.sync()
    assert received(stage) == {NUMBER: 1}
    assert len(stage.simulator.received()["calls"]) == 1
    assert run("li", "review", "approve", "--kind", "permit", "--yes").code == 0
    stage.settle(accepted=3)
    assert set(received(stage)) == {NUMBER, "云交许〔2026〕0002号"}
