"""What every connector keeps to when rows leave and receipts come back (报送与回执)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from xinqiao.adapters.base import (
    ASKED_FOR,
    TOO_LATE,
    BatchProgress,
    Connector,
    Operation,
    Outcome,
    ReceiptMode,
    SealedBatch,
)
from xinqiao.testing.stand import Stand
from xinqiao.testing.trial import TAKEN, Trial

_THREADS = 4
_REWRITES = (Operation.UPDATE, Operation.WITHDRAW, Operation.TAKE_DOWN)


class Delivering:
    """Tests of submit and poll while nothing goes wrong."""

    def test_every_row_of_a_good_batch_has_exactly_one_effect(
        self, stand: Stand, connector: Connector
    ) -> None:
        """What is said to be taken was taken, once."""
        trial = Trial(stand, connector, stand.batch(3))
        reply = trial.submit()
        assert reply.outcome in TAKEN, (reply.outcome, reply.code)
        assert {one.outcome for one in reply.rows} <= TAKEN
        assert trial.effects_when(trial.each(1)) == trial.each(1)
        trial.check_truth()

    def test_the_answer_is_of_the_kind_that_the_receipts_mode_says(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Only a synchronous platform accepts in its answer; all others have only received."""
        mode = connector.capabilities.receipts
        trial = Trial(stand, connector, stand.batch(2))
        reply = trial.submit()
        told = [one.outcome for one in reply.rows] or [reply.outcome]
        if mode in {ReceiptMode.SYNC, ReceiptMode.SYNC_ROWS}:
            assert set(told) == {Outcome.ACCEPTED}
        else:
            assert set(told) == {Outcome.RECEIVED}
        if mode is ReceiptMode.SYNC_ROWS:
            assert len(reply.rows) == len(trial.batch.rows), "逐行回执应说到每一行"
        assert connector.capabilities.poll == (mode in ASKED_FOR)

    def test_receipts_tell_every_row_once_and_accept_what_was_taken(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Asked again, they say the same."""
        _need_poll(connector)
        trial = Trial(stand, connector, stand.batch(3))
        trial.submit()
        report = trial.receipts()
        told = {one.row: one.outcome for one in report.rows}
        numbers = [row.number for row in trial.batch.rows]
        if connector.capabilities.receipts is ReceiptMode.ROW_CONSUMED:
            assert told == dict.fromkeys(numbers, Outcome.RECEIVED)
        else:
            assert report.progress is BatchProgress.COMPLETE, (report.progress, report.reply.code)
            assert told == dict.fromkeys(numbers, Outcome.ACCEPTED)
        trial.check_truth(report)
        again = trial.poll()
        assert {one.row: one.outcome for one in again.rows} == told
        assert again.progress is report.progress

    def test_an_identical_resend_has_no_second_effect(
        self, stand: Stand, connector: Connector
    ) -> None:
        """The same bytes again, by another connector: as after a crash."""
        if not connector.capabilities.deduplicates:
            pytest.skip("the platform does not recognise an identical resend")
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        assert trial.effects_when(trial.each(1)) == trial.each(1)
        other = stand.connect()
        try:
            again = Trial(stand, other, SealedBatch.from_bytes(trial.batch.to_bytes()))
            again.submit()
        finally:
            other.close()
        stand.settle()
        assert trial.effects() == trial.each(1)

    def test_a_key_that_is_held_already_is_told_truly(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Inserted once more in another batch, it is refused, a duplicate, or taken once more."""
        first = Trial(stand, connector, stand.batch(1))
        first.submit()
        assert first.effects_when(first.each(1)) == first.each(1)
        keys = [row.key for row in first.batch.rows]
        second = Trial(stand, connector, stand.batch(keys=keys))
        second.submit()
        second.check_truth(second.receipts() if connector.capabilities.poll else None)

    @pytest.mark.parametrize("operation", _REWRITES, ids=str)
    def test_a_record_that_is_held_is_changed_exactly_once(
        self, stand: Stand, connector: Connector, operation: Operation
    ) -> None:
        """Update, withdrawal and taking down: one effect, and the old record is not told after."""
        if operation not in stand.operations:
            pytest.skip(f"the stand has no rows for {operation}")
        held = Trial(stand, connector, stand.batch(2))
        held.submit()
        assert held.effects_when(held.each(1)) == held.each(1)
        keys = [row.key for row in held.batch.rows]
        change = Trial(stand, connector, stand.batch(operation=operation, keys=keys, version=2))
        assert change.submit().outcome in TAKEN
        report = change.receipts() if connector.capabilities.poll else None
        change.check_truth(report)
        assert change.effects_when(change.each(1)) == change.each(1)
        if connector.capabilities.query:
            for old in held.batch.rows:
                entries = connector.query(stand.kind, old.key).entries
                assert entries is not None
                same = [one for one in entries if one.values.items() <= old.values.items()]
                assert not [one for one in same if one.values], "变更后仍查到原来的内容"

    def test_what_leaves_is_the_same_for_the_same_batch(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Also after the batch was stored and read, and by another connector."""
        render: Callable[[SealedBatch], bytes] | None = getattr(connector, "render", None)
        if render is None:
            pytest.skip("the connector does not tell what leaves (it has no render)")
        batch = stand.batch(3)
        stored = SealedBatch.from_bytes(batch.to_bytes())
        assert stored == batch
        other = stand.connect()
        try:
            again = other.render(stored)  # type: ignore[attr-defined] # as the first one has
        finally:
            other.close()
        assert render(batch) == render(stored) == again

    def test_batches_sent_from_several_threads_have_one_effect_each(
        self, stand: Stand, connector: Connector
    ) -> None:
        """One connector is shared by all that send."""
        trials = [Trial(stand, connector, stand.batch(2)) for _ in range(_THREADS)]
        with ThreadPoolExecutor(_THREADS) as threads:
            replies = list(threads.map(lambda trial: trial.submit(), trials))
        assert {reply.outcome for reply in replies} <= TAKEN, replies
        for trial in trials:
            assert trial.effects_when(trial.each(1)) == trial.each(1)

    @pytest.mark.parametrize("seconds", [0.0, 60.0], ids=["at", "after"])
    def test_nothing_is_sent_at_or_after_its_time(
        self, stand: Stand, connector: Connector, seconds: float
    ) -> None:
        """By then somebody else may be sending the same rows."""
        trial = Trial(stand, connector, stand.batch(1))
        reply = trial.submit(stand.clock.elapsed() - seconds)
        assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, TOO_LATE)
        trial.check_truth()
        in_time = trial.submit(stand.clock.elapsed() + 600)
        assert in_time.outcome in TAKEN
        assert trial.effects_when(trial.each(1)) == trial.each(1)

    def test_the_answer_is_kept_for_evidence(self, stand: Stand, connector: Connector) -> None:
        """As it came, not as it was understood."""
        if not stand.answers_in_bytes:
            pytest.skip("the platform answers a delivery with no bytes")
        assert Trial(stand, connector, stand.batch(1)).submit().raw

    def test_a_closed_connector_sends_nothing_and_says_so(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Closing twice is no mistake."""
        connector.close()
        connector.close()
        trial = Trial(stand, connector, stand.batch(1))
        assert trial.submit().outcome is Outcome.RETRYABLE
        trial.check_truth()
        assert trial.poll().progress is BatchProgress.NO_ANSWER
        assert connector.query(stand.kind, stand.fresh_key()).entries is None
        assert not connector.probe().ok


def _need_poll(connector: Connector) -> None:
    if not connector.capabilities.poll:
        pytest.skip(f"receipts are not asked for ({connector.capabilities.receipts})")
