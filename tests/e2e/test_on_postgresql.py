"""The main job on PostgreSQL over real HTTP, with the server's own clock running."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from tests.e2e.test_penalties import FIRM, FIRM_KEY, PERSON, PERSON_KEY, load
from tests.postgresql import Server
from xinqiao.config.workspace import open_workspace
from xinqiao.opening import prepare_database
from xinqiao.queue.withdrawal import Revocation


@pytest.fixture(autouse=True)
def on_postgresql(
    stage: Rehearsal, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with postgresql.fresh(migrated=False) as url:
        monkeypatch.setenv("XINQIAO_DATABASE_URL", url)
        prepare_database(open_workspace(stage.workspace.root))
        assert stage.hub.database.dialect == "postgresql"
        yield


@pytest.mark.parametrize("fault", [None, "timeout_after_commit", "timeout_before", "html_page"])
def test_after_a_fault_every_record_has_taken_effect_exactly_once(
    stage: Rehearsal, fault: str | None
) -> None:
    stage.load(permit(1), permit(2), permit(3))
    if fault is not None:
        seconds = {"seconds": 20} if fault.startswith("timeout") else {}
        stage.simulator.queue_faults([{"name": fault, **seconds}])
    stage.settle(accepted=3)
    stage.judge(1, 2, 3)


def test_a_penalty_is_reported_withdrawn_and_reconciled(stage: Rehearsal) -> None:
    load(stage, FIRM, PERSON)
    stage.settle(accepted=2)
    record = next(
        row["record"] for row in stage.submissions() if row["document_number"] == FIRM_KEY
    )
    stage.hub.withdraw(record, Revocation(date(2026, 11, 20), "撤〔2026〕1号"), "撤销")
    stage.settle(accepted=3)
    history = stage.simulator.received()["history"]
    assert history == {FIRM_KEY: ["insert", "withdraw"], PERSON_KEY: ["insert"]}
    report = stage.hub.reconcile(PLATFORM, date(2026, 11, 1), stage.hub.clock.today())[PLATFORM]
    assert report.ledger["penalty"].clean
    assert report.punctuality[0].kind == "penalty"
