"""What a site's ledger shows beside what was taken down there is told for what it is."""

from datetime import timedelta

import pytest

from tests.life.bureau import SITE, Bureau
from tests.reconcile.ledger_stands import LedgerPlatform
from tests.submission_queue.world import accepted, reply
from xinqiao.adapters.base import LedgerEntry, Outcome, RowResult
from xinqiao.queue.publishing import Why
from xinqiao.reconcile.ledgers.comparison import compare_ledger
from xinqiao.reconcile.ledgers.findings import LedgerFindings
from xinqiao.reconcile.window import Window


@pytest.fixture
def site(bureau: Bureau) -> LedgerPlatform:
    """The bureau's site, with a ledger that shows what a test lets it show."""
    made = LedgerPlatform(answers=[accepted] * 100)
    bureau.connectors[SITE] = made
    return made


def stop(bureau: Bureau, record_id: str) -> None:
    with bureau.database.writing() as connection:
        bureau.desk(connection).stop(record_id, Why.FORBIDDEN, "沂交通知〔2026〕3号")


def shows(site: LedgerPlatform, **changes: str) -> None:
    """Let the ledger show the row that was sent first, with ``changes``."""
    row = site.sent[0].rows[0]
    site.shown = [LedgerEntry(row.key, {**row.values, **changes}, "YY-1")]


def compare(bureau: Bureau) -> LedgerFindings:
    bureau.clock.advance(120)
    window = Window(bureau.today - timedelta(7), bureau.today)
    return compare_ledger(bureau.worker(), bureau.platform(SITE), "penalty", window)


@pytest.mark.parametrize("changes", [{}, {"CF_NR": "别的"}], ids=["as sent", "otherwise"])
def test_what_is_still_shown_is_told_as_taken_down_with_its_record(
    bureau: Bureau, site: LedgerPlatform, changes: dict[str, str]
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.send()
    shows(site, **changes)
    found = compare(bureau)
    assert [(one.why, one.record) for one in found.unexpected] == [("taken_down", record_id)]
    assert (found.matched, found.missing, found.different) == (0, [], [])


def test_what_is_gone_is_neither_missing_nor_different(
    bureau: Bureau, site: LedgerPlatform
) -> None:
    stop(bureau, bureau.shown())
    bureau.send()
    assert len(site.sent) == 2
    assert compare(bureau).clean


def test_what_was_put_up_again_is_compared_like_any_other(
    bureau: Bureau, site: LedgerPlatform
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    bureau.send()
    with bureau.database.writing() as connection:
        bureau.desk(connection, "下错了").put_up(record_id)
    bureau.send()
    shows(site)
    assert compare(bureau).matched == 1
    shows(site, CF_NR="别的")
    (found,) = compare(bureau).different
    assert (found.record, found.theirs) == (record_id, "别的")


def test_a_take_down_that_was_refused_leaves_the_row_where_it_is_expected(
    bureau: Bureau, site: LedgerPlatform
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    site.answers.insert(0, reply(Outcome.RECEIVED, RowResult(1, Outcome.REJECTED, "0041")))
    bureau.send()
    shows(site)
    found = compare(bureau)
    assert (found.matched, found.clean) == (1, True)


def test_a_row_that_may_just_have_been_taken_down_is_under_way(
    bureau: Bureau, site: LedgerPlatform
) -> None:
    record_id = bureau.shown()
    stop(bureau, record_id)
    site.answers.insert(0, reply(Outcome.RECEIVED))
    bureau.send()
    site.shown = []
    found = compare(bureau)
    assert (found.missing, found.unexpected) == ([], [])
