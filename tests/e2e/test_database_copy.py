"""A workspace moves to PostgreSQL in the middle of its work, and the work is finished there."""

from collections.abc import Iterator

import pytest

from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from tests.postgresql import Server
from xinqiao.config.workspace import open_workspace
from xinqiao.errors import SettingsError
from xinqiao.moving.move import Move, Moved, target_at
from xinqiao.opening import prepare_database


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.fresh(migrated=False) as made:
        yield made


def move(stage: Rehearsal, url: str) -> Moved:
    hub, target = stage.hub, target_at(url, 30)
    done = Move(hub.database, target, hub.cause("搬"), hub.clock, lambda *_: None).run()
    target.close()
    return done


def test_what_was_sent_in_part_is_finished_after_the_move_and_nothing_twice(
    stage: Rehearsal, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_database(stage.workspace)
    stage.load(permit(1), permit(2))
    stage.settle(accepted=2)
    stage.simulator.queue_faults([{"name": "timeout_after_commit", "seconds": 20}])
    stage.load(permit(3), permit(4))
    stage.sync()
    stage.load(permit(3, content="客运"), permit(5))
    before = stage.states()
    assert before["in_doubt"] == 2
    move(stage, url)
    with pytest.raises(SettingsError, match="已搬到"):
        stage.sync()
    monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
    prepare_database(open_workspace(stage.workspace.root))
    assert stage.hub.database.dialect == "postgresql"
    assert stage.states() == before
    stage.settle(accepted=6)
    stage.load(permit(6))
    stage.settle(accepted=7)
    effects = stage.simulator.received()["history"]
    assert effects["云交许〔2026〕0003号"] == ["insert", "update"]
    assert {name: len(found) for name, found in effects.items()} == {
        f"云交许〔2026〕{number:04}号": 2 if number == 3 else 1 for number in range(1, 7)
    }
    assert stage.hub.status()[PLATFORM]["states"]["accepted"] == 7
