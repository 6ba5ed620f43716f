"""After everything old was dropped, all goes on as before and nothing is reported twice."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from xinqiao.audit.verification.chain import verify
from xinqiao.database.tables import attempt, batch, record_version
from xinqiao.intake.corrections import Wanted
from xinqiao.queue.payloads import Cutoff
from xinqiao.queue.story import story
from xinqiao.queue.transitions import Cause
from xinqiao.queue.withdrawal import Revocation
from xinqiao.retention import Pruned, prune

REFUSED = "云溪县未登记货运有限公司"


def prune_everything(stage: Rehearsal) -> Pruned:
    """Prune as years from now: what is stored up to this moment is all older than the cutoff."""
    hub = stage.hub
    moment = hub.clock.now() + timedelta(seconds=1)
    cause = Cause("科长", moment + timedelta(days=1095), "到期")
    return prune(hub.database, Cutoff(moment), cause, hub.workspace.var / "findings")


def count(stage: Rehearsal, column: sa.Column[Any]) -> int:
    with stage.hub.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count(column))).scalar_one()


@pytest.fixture
def pruned(stage: Rehearsal) -> Rehearsal:
    """Three permits accepted, one of them corrected, one refused; then everything old dropped."""
    stage.load(permit(1), permit(2), permit(3, name=REFUSED))
    stage.settle(accepted=2, rejected=1)
    stage.load(permit(1, content="改正后的内容"))
    stage.settle(accepted=3, rejected=1)
    stage.set(visible=("visible_after_seconds = 0.2", "visible_after_seconds = 0"))
    dropped = {one.name: one.rows for one in prune_everything(stage).parts}
    assert dropped["sealed_batches"] >= 2
    assert dropped["contents"] == 1
    assert [count(stage, column) for column in (batch.c.sealed, attempt.c.evidence)] == [0, 0]
    assert count(stage, record_version.c.content) == 3
    return stage


def sends(stage: Rehearsal) -> int:
    return len(stage.simulator.received()["calls"])


def effects(stage: Rehearsal) -> list[int]:
    """Return how often each permit took effect at the platform: one insert, and its updates."""
    took: dict[str, int] = stage.simulator.received()["effects"]
    return [took[key] for key in sorted(took)]


def reconciled(stage: Rehearsal) -> dict[str, Any]:
    today = stage.hub.clock.today()
    day = timedelta(days=1)
    return stage.hub.reconcile(PLATFORM, today - day, today + day)[PLATFORM].plain()


def test_a_pass_sends_nothing_and_the_ledger_still_matches(pruned: Rehearsal) -> None:
    before = sends(pruned)
    pruned.sync()
    found = reconciled(pruned)
    assert sends(pruned) == before
    assert (found["matched"], found["complete"], found["different"]) == (2, True, [])
    assert (found["missing_at_platform"], found["unknown_locally"]) == ([], [])
    assert effects(pruned) == [2, 1]


def test_the_old_and_the_present_file_imported_again_change_and_send_nothing(
    pruned: Rehearsal,
) -> None:
    before = sends(pruned)
    old = pruned.load(permit(1), permit(2))
    assert (old.new, old.changed, old.unchanged) == (0, 0, 2)
    # told by its hash alone: the content itself is gone
    assert [one.code for one in old.findings] == ["older_version"]
    present = pruned.load(permit(1, content="改正后的内容"), permit(2))
    assert (present.new, present.changed, present.unchanged) == (0, 0, 2)
    pruned.sync()
    assert sends(pruned) == before
    assert effects(pruned) == [2, 1]


def test_a_further_correction_is_sent_as_an_update(pruned: Rehearsal) -> None:
    assert pruned.load(permit(1, content="再次改正")).changed == 1
    pruned.settle(accepted=4, rejected=1)
    assert effects(pruned) == [3, 1]
    assert reconciled(pruned)["matched"] == 2


@pytest.mark.parametrize("undo", [False, True])
def test_a_record_is_withdrawn_or_kept_after_all(pruned: Rehearsal, undo: bool) -> None:
    hub = pruned.hub
    found = hub.find_record("云交许〔2026〕0001号")
    hub.withdraw(found.id, Revocation(hub.clock.today(), "撤〔2026〕1号"), "撤销")
    if undo:
        hub.restore(found.id, "登记错了")
        pruned.sync()
        assert pruned.states() == {"accepted": 3, "rejected": 1, "cancelled": 1}
    else:
        pruned.settle(accepted=4, rejected=1)
    assert reconciled(pruned)["different"] == []


def test_what_was_refused_is_still_handed_out_corrected_and_sent_anew(pruned: Rehearsal) -> None:
    (book,) = pruned.hub.corrections(Wanted())
    assert (book.records, book.refused) == (1, 1)
    assert pruned.load(permit(3)).changed == 1
    pruned.settle(accepted=4, rejected=1)
    assert effects(pruned) == [2, 1, 1]


def test_the_story_of_every_submission_is_told_and_the_log_verifies(pruned: Rehearsal) -> None:
    hub = pruned.hub
    with hub.database.reading() as connection:
        told = [
            story(connection, row["id"], pruned.hub.clock.now()) for row in pruned.submissions()
        ]
        assert verify(connection).ok
    assert all(one["receipts"] and one["duties"] for one in told)
    assert {attempt["purpose"] for one in told for attempt in one["attempts_made"]} == {"send"}
