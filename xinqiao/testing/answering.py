"""What every connector keeps to when it asks the platform (查询、台账与检查)."""

from collections import Counter
from datetime import timedelta

import pytest

from xinqiao.adapters.base import BatchProgress, Connector, LedgerEntry, Outcome
from xinqiao.clock import local_date
from xinqiao.testing.stand import Fault, Stand
from xinqiao.testing.trial import Trial

_MOST_PAGES = 1000
_DAY = timedelta(days=1)


class Answering:
    """Tests of poll, query, ledger and probe."""

    def test_a_batch_that_was_never_sent_is_not_said_to_be_decided(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Unknown, or no answer; and never a verdict on its rows."""
        trial = Trial(stand, connector, stand.batch(2))
        report = trial.poll()
        capabilities = connector.capabilities
        if capabilities.poll and capabilities.poll_in_doubt:
            assert report.progress in {BatchProgress.UNKNOWN_BATCH, BatchProgress.NO_ANSWER}
        outcomes = {one.outcome for one in report.rows}
        assert not outcomes & {Outcome.ACCEPTED, Outcome.REJECTED, Outcome.DUPLICATE}

    def test_a_question_that_the_platform_does_not_have_gets_no_answer(
        self, stand: Stand, connector: Connector
    ) -> None:
        """It does not raise, and nothing is taken for absent."""
        capabilities = connector.capabilities
        if capabilities.poll and capabilities.query and capabilities.ledger:
            pytest.skip("the platform has every question")
        if not capabilities.poll:
            trial = Trial(stand, connector, stand.batch(1))
            assert trial.poll().progress is BatchProgress.NO_ANSWER
        if not capabilities.query:
            assert connector.query(stand.kind, stand.fresh_key()).entries is None
        if not capabilities.ledger:
            today = stand.clock.today()
            assert not connector.ledger(stand.kind, today, today).complete

    def test_a_query_tells_what_was_sent_and_nothing_under_another_key(
        self, stand: Stand, connector: Connector
    ) -> None:
        """What is told of a record is what the row said."""
        if not connector.capabilities.query:
            pytest.skip("the platform cannot be asked by key")
        trial = Trial(stand, connector, stand.batch(2))
        trial.submit()
        assert trial.effects_when(trial.each(1)) == trial.each(1)
        for row in trial.batch.rows:
            entries = connector.query(stand.kind, row.key).entries
            assert entries is not None
            assert [entry.key for entry in entries] == [row.key]
            told = {code: text for code, text in entries[0].values.items() if code in row.values}
            assert told == {code: row.values[code] for code in told}
        assert connector.query(stand.kind, stand.fresh_key()).entries == ()

    def test_the_ledger_is_read_whole_and_holds_every_record_once(
        self, stand: Stand, connector: Connector
    ) -> None:
        """Pages lead to the end, and their number of records is the total, where one is told."""
        if not connector.capabilities.ledger:
            pytest.skip("the platform has no ledger")
        trial = Trial(stand, connector, stand.batch(3))
        trial.submit()
        assert trial.effects_when(trial.each(1)) == trial.each(1)
        entries, totals = _whole_ledger(stand, connector)
        counted = Counter(entry.key for entry in entries)
        assert {row.key: counted[row.key] for row in trial.batch.rows} == trial.each(1)
        assert totals <= {None, len(entries)}

    def test_a_probe_passes_and_changes_nothing(self, stand: Stand, connector: Connector) -> None:
        """It says what it has checked."""
        before = dict(stand.effects())
        probe = connector.probe()
        assert probe.ok, probe.checks
        assert probe.checks
        assert all(passed for _, passed, _ in probe.checks)
        stand.settle()
        assert dict(stand.effects()) == before

    @pytest.mark.parametrize("question", ["poll", "query", "ledger"])
    def test_an_answer_that_cannot_be_read_is_no_answer(
        self, stand: Stand, connector: Connector, question: str
    ) -> None:
        """It is never taken for "not there"."""
        if Fault.UNREADABLE_WHEN_ASKED not in stand.faults:
            pytest.skip("the stand cannot cause an unreadable answer")
        if not getattr(connector.capabilities, question):
            pytest.skip(f"the platform has no {question}")
        trial = Trial(stand, connector, stand.batch(1))
        trial.submit()
        assert trial.effects_when(trial.each(1)) == trial.each(1)
        today = stand.clock.today()
        stand.cause(Fault.UNREADABLE_WHEN_ASKED)
        if question == "poll":
            assert trial.poll().progress is BatchProgress.NO_ANSWER
        elif question == "query":
            assert connector.query(stand.kind, trial.batch.rows[0].key).entries is None
        else:
            assert not connector.ledger(stand.kind, today - _DAY, today + _DAY).complete


def _whole_ledger(stand: Stand, connector: Connector) -> tuple[list[LedgerEntry], set[int | None]]:
    """Return all records of the days around today, and the totals that the pages told."""
    today = local_date(stand.clock.now())
    entries: list[LedgerEntry] = []
    totals: set[int | None] = set()
    number: int | None = 1
    for _ in range(_MOST_PAGES):
        page = connector.ledger(stand.kind, today - _DAY, today + _DAY, number or 1)
        assert page.complete, page.reply.code
        entries += page.entries
        totals.add(page.total)
        number = page.next_page
        if number is None:
            return entries, totals
    pytest.fail(f"台账翻了 {_MOST_PAGES} 页还没有到头")
