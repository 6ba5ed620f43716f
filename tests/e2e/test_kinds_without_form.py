"""A kind that a profile says nothing of waits, is told of, and holds up no other kind."""

import pytest

from tests.e2e.conftest import Travel
from tests.e2e.journey import number
from tests.e2e.rehearsal import permit
from xinqiao.demo import make_commitments

WAITING = 8


@pytest.mark.parametrize("profile", ["transport_csv_folder", "credit_frontdb_2018"])
def test_permits_go_and_come_back_while_commitments_wait(travel: Travel, profile: str) -> None:
    journey = travel(profile)
    hub = journey.rehearsal.hub
    file = journey.rehearsal.workspace.root / "sources" / "承诺.xlsx"
    make_commitments.write(file, hub.clock.today())
    (report,) = hub.importer().run(file, department="")
    assert report.new == WAITING
    journey.rehearsal.load(permit(1))
    journey.settle(accepted=1, ready=WAITING)
    assert journey.effects() == {number(1): 1}
    note = journey.rehearsal.sync().note
    assert note.startswith(f"平台档案没有写怎样报送信用承诺 {WAITING} 条，未报送")
    assert "xinqiao platforms check credit_shandong" in note
    journey.prove_chain()
