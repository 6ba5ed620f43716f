"""The main job over real HTTP, under every fault: nothing lost, nothing doubled, nothing stuck."""

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.e2e.rehearsal import PLATFORM, Rehearsal, permit
from tests.support import wait_until
from xinqiao.errors import RefusedError, SettingsError
from xinqiao.queue.states import State

NUMBERS = (1, 2, 3)
ROWS = [permit(number) for number in NUMBERS]


def test_permits_are_delivered_and_their_receipts_close_the_duties(stage: Rehearsal) -> None:
    assert stage.load(*ROWS).new == 3
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)
    assert stage.board()["oldest_due"] is None


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "timeout_after_commit", "seconds": 20},
        {"name": "timeout_before", "seconds": 20},
        {"name": "reset_mid_answer"},
        {"name": "slow_trickle", "seconds": 20},
        {"name": "http_500_after_commit"},
        {"name": "refuse_5xx_before"},
        {"name": "html_page"},
        {"name": "error_inside_200", "code": "9999"},
        {"name": "wrong_encoding"},
        {"name": "duplicate_reported"},
        {"name": "late_receipts", "seconds": 1},
        {"name": "rate_limited", "seconds": 1},
        {"name": "busy"},
        {"name": "token_expired"},
        {"name": "timeout_after_commit", "call": "receipts", "seconds": 20},
        {"name": "html_page", "call": "receipts"},
        {"name": "busy", "call": "token"},
    ],
    ids=lambda fault: "-".join(str(fault[key]) for key in ("name", "call") if key in fault),
)
def test_after_a_fault_every_record_has_taken_effect_exactly_once(
    stage: Rehearsal, fault: dict[str, object]
) -> None:
    stage.load(*ROWS)
    stage.simulator.queue_faults([fault])
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)


@pytest.mark.parametrize("seed", [1, 2])
def test_in_a_storm_of_faults_every_record_takes_effect_exactly_once(
    stage: Rehearsal, seed: int
) -> None:
    """Any call may suffer; tokens that are refused twice are left out, since they pause it all."""
    stage.set(rows=("rows_per_batch = 20", "rows_per_batch = 4"))
    numbers = range(1, 25)
    stage.load(*(permit(number) for number in numbers))
    names = {
        "submissions": [
            "timeout_after_commit",
            "reset_mid_answer",
            "http_500_after_commit",
            "refuse_5xx_before",
            "html_page",
            "duplicate_reported",
            "busy",
            "error_inside_200",
        ],
        "receipts": ["html_page", "reset_mid_answer", "error_inside_200"],
        "records": ["refuse_5xx_before", "reset_mid_answer", "html_page"],
        "token": ["busy", "reset_mid_answer"],
    }
    order = random.Random(seed)  # noqa: S311 - repeatable chance, no secret
    faults = [
        {"name": name, "call": call, "probability": 0.12, "times": 3}
        for call, befalling in names.items()
        for name in order.sample(befalling, len(befalling))
    ]
    stage.simulator.queue_faults(faults)
    stage.settle(accepted=24)
    stage.judge(*numbers)
    assert len({call["fault"] for call in stage.simulator.received()["calls"]}) > 1


def test_a_read_time_out_after_the_platform_took_the_batch_is_in_doubt_first(
    stage: Rehearsal,
) -> None:
    stage.load(*ROWS)
    stage.simulator.queue_faults([{"name": "timeout_after_commit", "seconds": 20}])
    assert stage.sync().reached[State.IN_DOUBT] == 3
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)


def test_rows_refused_at_once_leave_the_others_alone(stage: Rehearsal) -> None:
    stage.load(*ROWS)
    stage.simulator.queue_faults([{"name": "partial_rejection", "rows": [2], "code": "1003"}])
    stage.settle(accepted=2, rejected=1)
    stage.judge(1, 3)


def test_a_row_that_makes_the_platform_refuse_whole_batches_is_isolated(stage: Rehearsal) -> None:
    numbers = range(1, 9)
    stage.load(*(permit(number) for number in numbers))
    poison = {"name": "whole_batch_refused", "document_number": "云交许〔2026〕0005号"}
    stage.simulator.queue_faults([{**poison, "times": "unlimited"}])
    stage.settle(accepted=7, rejected=1)
    stage.judge(*(number for number in numbers if number != 5))


def test_a_subject_that_the_platform_does_not_know_is_refused_corrected_and_accepted(
    stage: Rehearsal,
) -> None:
    stage.load(permit(1), permit(2, name="云溪县未登记货物运输有限公司"))
    stage.settle(accepted=1, rejected=1)
    assert "主体不存在" in next(
        row["message"] for row in stage.submissions() if row["state"] == "rejected"
    )
    assert stage.load(permit(2, name="云溪县柳泉货物运输有限公司")).changed == 1
    stage.settle(accepted=2, rejected=1)
    stage.judge(1, 2)


def test_a_correction_after_acceptance_reaches_the_platform_as_an_update(
    stage: Rehearsal,
) -> None:
    stage.load(permit(1))
    stage.settle(accepted=1)
    stage.load(permit(1, content="货运、货物专用运输"))
    stage.settle(accepted=2)
    history = stage.simulator.received()["history"]["云交许〔2026〕0001号"]
    assert history == ["insert", "update"]


def test_a_platform_that_is_not_there_leaves_everything_ready(stage: Rehearsal) -> None:
    stage.load(*ROWS)
    port = stage.simulator.port
    stage.set(port=(f":{port}", ":9"))
    report = stage.sync()
    assert stage.states() == {"ready": 3}
    assert "平台暂时不可用" in report.note
    stage.set(port=(":9", f":{port}"))
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)


def test_refused_credentials_pause_the_platform_until_they_are_mended(stage: Rehearsal) -> None:
    stage.load(*ROWS)
    secret = stage.workspace.root / "secrets" / f"{PLATFORM}.toml"
    right = secret.read_text("utf-8")
    secret.write_text(right.replace("rehearsal-only", "wrong"), "utf-8")
    assert "已暂停" in stage.sync().note
    assert stage.states() == {"ready": 3}
    secret.write_text(right, "utf-8")
    stage.sync()
    assert stage.states() == {"ready": 3}, "a person must resume it"
    stage.hub.set_paused(PLATFORM, "凭据已更正", paused=False)
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)


def test_a_killed_worker_loses_and_doubles_nothing(stage: Rehearsal) -> None:
    stage.set(read=("read_seconds = 0.5", "read_seconds = 2"))
    stage.load(*ROWS)
    stage.simulator.queue_faults([{"name": "timeout_after_commit", "seconds": 20}])
    command = [sys.executable, "-m", "xinqiao", "-w", str(stage.workspace.root), "sync"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
        wait_until(lambda: bool(stage.simulator.received()["calls"]), lambda: "nothing arrived")
        os.kill(worker.pid, signal.SIGKILL)
    assert stage.states() == {"sending": 3}
    assert "3 条" in stage.sync().note, "the operator is told what is under way, and until when"
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)


def test_a_rehearsal_never_talks_to_another_machine(stage: Rehearsal) -> None:
    stage.load(*ROWS)
    stage.set(url=(f"127.0.0.1:{stage.simulator.port}", "203.0.113.7:80"))
    with pytest.raises(SettingsError):
        stage.sync()
    assert stage.states() == {"ready": 3}


def test_a_rehearsal_cannot_be_confirmed_for_real_records(stage: Rehearsal) -> None:
    with pytest.raises(RefusedError, match="演练"):
        stage.hub.confirm(PLATFORM, "想转正式")


def test_without_confirmation_nothing_leaves_and_any_change_lapses_it(stage: Rehearsal) -> None:
    settings = stage.workspace.root / "xinqiao.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("rehearsal = true", "rehearsal = false"), "utf-8"
    )
    stage.load(*ROWS)
    assert "confirm" in stage.sync().note
    assert stage.simulator.received()["calls"] == []
    stage.hub.confirm(PLATFORM, "已按接口文档核对")
    stage.set(rows=("rows_per_batch = 20", "rows_per_batch = 2"))
    assert "confirm" in stage.sync().note
    assert stage.simulator.received()["calls"] == []
    stage.hub.confirm(PLATFORM, "批量改为 2 行，再次核对")
    stage.settle(accepted=3)
    stage.judge(*NUMBERS)
