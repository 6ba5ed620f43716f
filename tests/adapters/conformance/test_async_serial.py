"""What is particular to the wire with serial numbers."""

import pytest

from tests.adapters.conformance.wires import ASYNC, KEY, Batch, Connect, Wire, asked, results, row
from xinqiao.adapters.base import BatchProgress, Outcome, SentBatch
from xinqiao.simulator.process import SimulatorProcess


@pytest.fixture(scope="module")
def wire() -> Wire:
    return ASYNC


def test_every_attempt_has_a_nonce_of_its_own(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector, one = connect(), batch("B1", row(1, KEY))
    for _ in range(3):
        assert connector.submit(one).outcome is Outcome.RECEIVED
    calls = platform.received()["calls"]
    assert len({call["bodySha256"] for call in calls}) == 3
    assert platform.received()["effects"] == {KEY: 1}


def test_clocks_that_differ_too_much_are_an_auth_outcome_and_nothing_is_taken(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "clock_skew", "seconds": 3600}])
    reply = connect().submit(batch("B1", row(1, KEY)))
    assert (reply.outcome, reply.code, reply.message) == (
        Outcome.AUTH,
        "-2",
        "时间戳超出允许范围",
    )
    received = platform.received()
    assert (len(received["calls"]), received["effects"]) == (1, {})


def test_a_check_before_use_tells_how_far_the_clocks_are_apart(
    connect: Connect, platform: SimulatorProcess
) -> None:
    platform.queue_faults([{"name": "clock_skew", "call": "receipts", "seconds": 200}])
    probe = connect().probe()
    assert not probe.ok
    assert probe.clock_offset == pytest.approx(200, abs=3)
    assert [name for name, passed, _ in probe.checks if not passed] == ["时钟"]


def test_a_serial_that_the_platform_never_gave_is_an_unknown_batch(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    report = connect().poll(SentBatch(batch("B1", row(1, KEY)), "ASYNC99999999"))
    assert (report.progress, report.reply.code) == (BatchProgress.UNKNOWN_BATCH, "-1")
    assert platform.received()["queries"][0]["parameters"] == {"requestSerialCode": "ASYNC99999999"}


def test_an_answer_for_another_serial_is_not_believed(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    connector = connect()
    one, two = batch("B1", row(1, KEY)), batch("B2", row(1, "甲2"))
    first, second = connector.submit(one), connector.submit(two)
    body = (
        "{method: 'AsyncHandleResult.Query', version: '1.0', format: 'json', "
        f"data: to_string({{requestSerialCode: '{second.serial}'}})}}"
    )
    deaf = connect({"operations": {"poll": {"body": body}}})
    report = asked(deaf, one, first)
    assert (report.progress, report.rows) == (BatchProgress.NO_ANSWER, ())
    assert results(asked(connector, one, first)) == [(1, Outcome.ACCEPTED)]
    assert len(platform.received()["queries"]) == 2


def test_one_row_code_has_the_meaning_that_its_text_gives_it(
    connect: Connect, platform: SimulatorProcess, batch: Batch
) -> None:
    platform.queue_faults([{"name": "duplicate_reported"}])
    connector, one = connect(), batch("B1", row(1, KEY))
    (held,) = asked(connector, one, connector.submit(one)).rows
    assert (held.outcome, held.code, held.message) == (Outcome.DUPLICATE, "9", "数据已存在")
