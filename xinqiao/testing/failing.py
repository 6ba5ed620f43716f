"""What every connector keeps to when the platform or the way to it fails (故障)."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from xinqiao.adapters.base import BatchProgress, Connector, Outcome, ReceiptMode
from xinqiao.errors import SettingsError
from xinqiao.testing.stand import Fault, Stand, Variation
from xinqiao.testing.trial import NOTHING_TAKEN, TAKEN, Trial

_UNSURE = frozenset({Outcome.IN_DOUBT})
_NOT_TAKEN = _UNSURE | {Outcome.RETRYABLE, Outcome.RATE_LIMITED}

ALLOWED: Mapping[Fault, frozenset[Outcome]] = {
    Fault.SILENT_BEFORE: _UNSURE,
    Fault.SILENT_AFTER: _UNSURE,
    Fault.RESET_MID_ANSWER: _UNSURE,
    Fault.SERVER_ERROR_BEFORE: _NOT_TAKEN,
    Fault.SERVER_ERROR_AFTER: _UNSURE,
    Fault.HTML_PAGE: _NOT_TAKEN,
    Fault.WRONG_ENCODING: _UNSURE,
    Fault.FAILURE_INSIDE_SUCCESS: _NOT_TAKEN | {Outcome.REJECTED},
    Fault.RATE_LIMITED: frozenset({Outcome.RATE_LIMITED}),
    Fault.BUSY: _NOT_TAKEN,
    Fault.TOKEN_EXPIRED: TAKEN | {Outcome.AUTH},
    Fault.BATCH_REFUSED: _UNSURE | {Outcome.REJECTED, Outcome.RECEIVED},
    Fault.CLOCK_SKEW: TAKEN | _NOT_TAKEN | {Outcome.AUTH, Outcome.REJECTED},
}
"""Fault → outcomes that a submit may have then; those of the receipts have tests of their own."""

_PATIENCE_IS_TRIED = frozenset({Fault.SILENT_BEFORE, Fault.SILENT_AFTER})


class Failing:
    """Tests of what is said while something goes wrong, and of what follows."""

    @pytest.mark.parametrize("fault", ALLOWED, ids=str)
    def test_a_fault_has_a_true_outcome_and_never_two_effects(
        self, stand: Stand, fault: Fault
    ) -> None:
        """Only what was certainly not taken is said to be so; and that can be sent again."""
        _need(stand, fault)
        variation = Variation.IMPATIENT if fault in _PATIENCE_IS_TRIED else None
        with _connected(stand, variation) as connector:
            trial = Trial(stand, connector, stand.batch(2))
            stand.cause(fault)
            began = time.monotonic()
            reply = trial.submit()
            took = time.monotonic() - began
            assert reply.outcome in ALLOWED[fault], (reply.outcome, reply.code)
            assert reply.code, "应有代码说明发生了什么"
            assert variation is None or took < stand.impatience
            trial.check_truth()
        with _connected(stand) as connector:
            _recovers(connector, trial)

    def test_a_batch_in_doubt_is_found_or_proven_absent_by_asking(self, stand: Stand) -> None:
        """Whatever the answer, it is what the platform's own book says."""
        for fault in (Fault.SILENT_AFTER, Fault.RESET_MID_ANSWER, Fault.WRONG_ENCODING):
            if fault in stand.faults:
                break
        else:
            pytest.skip("the stand cannot leave a batch in doubt")
        with _connected(stand, Variation.IMPATIENT) as connector:
            trial = Trial(stand, connector, stand.batch(2))
            stand.cause(fault)
            assert trial.submit().outcome is Outcome.IN_DOUBT
        with _connected(stand) as connector:
            capabilities = connector.capabilities
            if not capabilities.query and not (capabilities.poll and capabilities.poll_in_doubt):
                pytest.skip("the platform cannot be asked about a batch in doubt")
            trial.connector = connector
            if capabilities.poll and capabilities.poll_in_doubt:
                trial.check_truth(trial.receipts())
            stand.settle()
            if capabilities.query:
                for row in trial.batch.rows:
                    entries = connector.query(stand.kind, row.key).entries
                    assert entries is not None
                    assert len(entries) == trial.effects()[row.key]

    def test_a_partial_rejection_names_exactly_the_rows_refused(
        self, stand: Stand, connector: Connector
    ) -> None:
        """The others are taken; or none is, and that is said."""
        _need(stand, Fault.ROW_REFUSED)
        trial = Trial(stand, connector, stand.batch(3))
        # the middle one of several; the only one where a delivery holds no more
        bad = min(2, len(trial.batch.rows))
        stand.cause(Fault.ROW_REFUSED, rows=(bad,))
        reply = trial.submit()
        refused = {one.row for one in reply.rows if one.outcome is Outcome.REJECTED}
        if reply.outcome is Outcome.REJECTED and len(trial.batch.rows) == 1:
            refused.add(bad)
        whole = False
        report = None
        if connector.capabilities.poll and reply.outcome is not Outcome.REJECTED:
            report = trial.receipts()
            refused |= {one.row for one in report.rows if one.outcome is Outcome.REJECTED}
            whole = report.progress is BatchProgress.REFUSED
        if connector.capabilities.receipts not in {ReceiptMode.MANUAL, ReceiptMode.NONE}:
            assert refused == {bad} or (whole and refused <= {bad})
        trial.check_truth(report)
        expected = trial.each(0 if whole else 1) | {trial.batch.rows[bad - 1].key: 0}
        assert trial.effects_when(expected) == expected

    def test_a_batch_that_is_refused_later_is_told_as_refused_whole(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Then no row of it was taken, and every row can be sent again."""
        _need(stand, Fault.BATCH_REFUSED_LATER)
        stand.cause(Fault.BATCH_REFUSED_LATER)
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        report = trial.receipts() if connector.capabilities.poll else None
        if report is not None and report.progress is not BatchProgress.REFUSED:
            assert {one.outcome for one in report.rows} == {Outcome.REJECTED}
        trial.check_truth(report)
        assert trial.effects() == trial.each(0)

    def test_rows_reported_as_held_are_never_said_to_be_accepted(
        self, stand: Stand, connector: Connector
    ) -> None:
        """A duplicate is an outcome of its own: what is held must be compared."""
        _need(stand, Fault.DUPLICATE_REPORTED)
        stand.cause(Fault.DUPLICATE_REPORTED)
        trial = Trial(stand, connector, stand.batch(2))
        reply = trial.submit()
        told = {one.row: one.outcome for one in reply.rows}
        if connector.capabilities.poll:
            told |= {one.row: one.outcome for one in trial.receipts().rows}
        assert set(told.values()) == {Outcome.DUPLICATE} or reply.outcome is Outcome.DUPLICATE
        assert trial.effects_when(trial.each(1)) == trial.each(1)

    def test_a_receipt_that_has_not_come_is_not_made_up(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Until then the batch is pending, or there is no answer."""
        _need(stand, Fault.RECEIPT_LATE)
        stand.cause(Fault.RECEIPT_LATE)
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        stand.settle()
        report = trial.poll()
        assert report.progress in {BatchProgress.PENDING, BatchProgress.NO_ANSWER}
        assert {one.outcome for one in report.rows} <= {Outcome.RECEIVED}

    @pytest.mark.parametrize("fault", [Fault.RECEIPT_TWICE, Fault.RECEIPT_CONTRADICTORY], ids=str)
    def test_of_two_receipts_no_row_is_told_twice(
        self, stand: Stand, connector: Connector, fault: Fault
    ) -> None:
        """Two that say the same are one; two that contradict each other accept nothing untrue."""
        _need(stand, fault)
        stand.cause(fault)
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        report = trial.receipts()
        if fault is Fault.RECEIPT_TWICE:
            assert {one.outcome for one in report.rows} == {Outcome.ACCEPTED}
            trial.check_truth(report)
        # a row said to be refused may be held: that is what the platform itself said
        told = {one.row: one.outcome for one in report.rows}
        assert report.progress is not BatchProgress.UNKNOWN_BATCH
        stand.settle()
        effects = trial.effects()
        for row in trial.batch.rows:
            accepted = told.get(row.number) is Outcome.ACCEPTED
            assert effects[row.key] == 1 or (effects[row.key] == 0 and not accepted)

    def test_a_row_that_vanished_is_not_said_to_be_held(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Whatever its receipt said, only what the platform shows when asked is held."""
        _need(stand, Fault.ROW_VANISHED)
        stand.cause(Fault.ROW_VANISHED)
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        if connector.capabilities.poll:
            trial.receipts()
        assert trial.effects() == trial.each(0)
        if not connector.capabilities.query:
            pytest.skip("the platform cannot be asked by key")
        for row in trial.batch.rows:
            assert connector.query(stand.kind, row.key).entries == ()

    def test_credentials_that_are_refused_are_told_and_nothing_was_taken(
        self, stand: Stand
    ) -> None:
        """By the probe as well."""
        _need(stand, Variation.WRONG_CREDENTIALS)
        with _connected(stand, Variation.WRONG_CREDENTIALS) as connector:
            trial = Trial(stand, connector, stand.batch(1))
            assert trial.submit().outcome is Outcome.AUTH
            trial.check_truth()
            assert not connector.probe().ok

    def test_a_place_where_nobody_is_can_be_tried_again(self, stand: Stand) -> None:
        """Nothing left, and that is certain; no question has an answer."""
        _need(stand, Variation.UNREACHABLE)
        with _connected(stand, Variation.UNREACHABLE) as connector:
            trial = Trial(stand, connector, stand.batch(1))
            assert trial.submit().outcome is Outcome.RETRYABLE
            assert trial.poll().progress in {BatchProgress.NO_ANSWER, BatchProgress.PENDING}
            assert connector.query(stand.kind, stand.fresh_key()).entries is None
            assert not connector.probe().ok
            trial.check_truth()

    def test_a_rehearsal_reaches_nothing_but_stand_ins_on_this_machine(self, stand: Stand) -> None:
        """It is refused with words for the operator, or nothing leaves."""
        _need(stand, Variation.ABROAD)
        try:
            connector = stand.connect(Variation.ABROAD)
        except SettingsError:
            return
        try:
            trial = Trial(stand, connector, stand.batch(1))
            try:
                assert trial.submit().outcome is Outcome.RETRYABLE
            except SettingsError:
                return
            assert not connector.probe().ok
        finally:
            connector.close()


def _recovers(connector: Connector, trial: Trial) -> None:
    """After the fault the batch can be sent again wherever that is safe, with one effect in all."""
    assert trial.reply is not None
    outcome = trial.reply.outcome
    again = outcome in NOTHING_TAKEN - {Outcome.REJECTED} or (
        outcome is Outcome.IN_DOUBT and connector.capabilities.deduplicates
    )
    if not again:
        return
    trial.connector = connector
    assert trial.submit().outcome in TAKEN
    assert trial.effects_when(trial.each(1)) == trial.each(1)


@contextmanager
def _connected(stand: Stand, variation: Variation | None = None) -> Iterator[Connector]:
    connector = stand.connect(variation if variation in stand.variations else None)
    try:
        yield connector
    finally:
        connector.close()


def _need(stand: Stand, what: Fault | Variation) -> None:
    able = stand.faults if isinstance(what, Fault) else stand.variations
    if what not in able:
        reason = stand.without.get(what, "") if isinstance(what, Fault) else ""
        pytest.skip(f"the stand does not offer {what}" + (f": {reason}" if reason else ""))
