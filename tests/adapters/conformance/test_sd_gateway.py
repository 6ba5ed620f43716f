"""What is particular to the wire behind a gateway."""

import hashlib
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.adapters.conformance.wires import GATEWAY, KEY, Batch, Connect, Wire, results, row
from xinqiao.adapters.base import BatchProgress, Outcome, SentBatch
from xinqiao.simulator.process import SimulatorProcess


@pytest.fixture(scope="module")
def wire() -> Wire:
    return GATEWAY


def test_what_is_rendered_is_what_arrives(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector, one = connect(), batch("B1", row(1, KEY))
    connector.submit(one)
    digest = hashlib.sha256(connector.render(one)).hexdigest()
    assert platform.received()["calls"][0]["bodySha256"] == digest


def test_a_token_that_ends_early_is_renewed_and_the_batch_sent_again(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "token_expired"}])
    assert connect().submit(batch("B1", row(1, KEY))).outcome is Outcome.RECEIVED
    received = platform.received()
    assert received["effects"] == {KEY: 1}
    assert len({call["bodySha256"] for call in received["calls"]}) == 1
    assert len(received["calls"]) == 2


def test_a_token_call_that_fails_leaves_the_batch_unsent(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "reset_mid_answer", "call": "token"}])
    assert connect().submit(batch("B1", row(1, KEY))).outcome is Outcome.RETRYABLE
    assert platform.received()["calls"] == []


def test_a_business_number_used_for_other_bytes_is_in_doubt(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connect().submit(batch("B1", row(1, KEY)))
    reply = connect().submit(batch("B1", row(1, "其他")))
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "4009")
    assert platform.received()["effects"] == {KEY: 1}


def test_no_secret_and_no_document_number_reaches_a_log(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    with capture_logs() as logs:
        connector = connect()
        connector.submit(batch("B1", row(1, KEY)))
        connector.poll(SentBatch(batch("B1", row(1, KEY))))
        connector.query("permit", KEY)
        page = {
            "source": "made up",
            "path": "/public/records/{key}",
            "marker": "双公示",
            "nothing": "没有找到",
            "shows": ["values.XK_XDR_MC"],
        }
        overlay = {
            "receipts": {"mode": "page_check", "page": page},
            "limits": {"rows_per_batch": 1},
        }
        by_path = connect(overlay).poll(SentBatch(batch("B1", row(1, KEY))))
    assert by_path.reply.code == "http_404"
    assert len(logs) > 5
    for shown in (*GATEWAY.secrets.values(), KEY, "%E9%B2%81", "access_token="):
        assert shown not in str(logs)
    assert platform.received()["queries"]


SYNC_ROWS: dict[str, Any] = {
    "receipts": {"mode": "sync_rows"},
    "operations": {"submit": {"rows": {"verdicts": {"received": "accepted"}}}},
}
"""As for a platform that decides every row in its first answer."""


def test_rows_can_be_decided_in_the_answer_to_the_delivery(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "partial_rejection", "rows": [2], "code": "0040"}])
    connector = connect(SYNC_ROWS)
    three = batch("B1", row(1, KEY), row(2, "甲2"), row(3, "甲3", XK_NR=""))
    reply = connector.submit(three)
    assert [(one.row, one.outcome) for one in reply.rows] == [
        (1, Outcome.ACCEPTED),
        (2, Outcome.DUPLICATE),
        (3, Outcome.REJECTED),
    ]
    assert not connector.capabilities.poll


def test_an_answer_for_another_batch_is_not_believed(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    overlay = {"operations": {"poll": {"query": {"businessId": "'B2'"}}}}
    connector = connect()
    for number in ("B1", "B2"):
        connector.submit(batch(number, row(1, number)))
    report = connect(overlay).poll(SentBatch(batch("B1", row(1, "B1"))))
    assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())
    assert len(platform.received()["queries"]) == 1
    own = connector.poll(SentBatch(batch("B1", row(1, "B1"))))
    assert results(own) == [(1, Outcome.ACCEPTED)]
