"""Answers are read per row, and comparison with a platform's ledger is fair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.base import LedgerEntry, Outcome, Reply, RowResult, SealedRow
from xinqiao.queue.verdicts import compare, differing, of_reply

ROW = SealedRow(
    1, "云交许〔2026〕0001号", {"XK_WSH": "云交许〔2026〕0001号", "XK_JDRQ": "2026/11/03"}
)


def entry(**values: str) -> LedgerEntry:
    return LedgerEntry(ROW.key, {**ROW.values, **values}, "SD1")


def test_a_row_that_the_reply_does_not_name_shares_the_overall_outcome() -> None:
    reply = Reply(Outcome.RECEIVED, rows=(RowResult(2, Outcome.REJECTED, "1002"),))
    verdicts = of_reply(reply, [1, 2])
    assert (verdicts[1].outcome, verdicts[1].named) == (Outcome.RECEIVED, False)
    assert (verdicts[2].outcome, verdicts[2].named) == (Outcome.REJECTED, True)


def test_a_date_in_another_spelling_is_no_difference() -> None:
    assert differing(ROW.values, {"XK_JDRQ": "2026-11-3"}) == ()
    assert differing(ROW.values, {"XK_JDRQ": "2026-11-03T00:00:00"}) == ()
    assert differing(ROW.values, {"XK_JDRQ": "2026-11-04"}) == ("XK_JDRQ",)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("0.2", "0.200000", True),
        ("3", "3.000000", True),
        ("0.2", "0.20001", False),
        ("01", "1", False),
        ("370323000000000001", "370323000000000001.0", True),
        ("0.2万元", "0.2", False),
    ],
)
def test_an_amount_with_other_noughts_at_its_end_is_no_difference(
    ours: str, theirs: str, *, same: bool
) -> None:
    assert (differing({"A": ours}, {"A": theirs}) == ()) is same


def test_fields_that_the_platform_does_not_tell_are_not_compared() -> None:
    assert differing(ROW.values, {"recordId": "x"}) == ()


def test_among_several_entries_of_one_key_the_equal_one_counts() -> None:
    comparison = compare(ROW, [entry(XK_JDRQ="2020/01/01"), entry()])
    assert comparison.same
    assert comparison.entry == entry()


def test_nothing_found_and_something_else_found_are_told_apart() -> None:
    assert not compare(ROW, []).found
    other = compare(ROW, [entry(XK_JDRQ="2020/01/01")])
    assert (other.found, other.same, other.fields) == (True, False, ("XK_JDRQ",))


def test_an_entry_that_tells_none_of_our_fields_is_not_taken_for_ours() -> None:
    silent = compare(ROW, [LedgerEntry(ROW.key, {"recordId": "SD1"})])
    assert (silent.found, silent.same) == (True, False)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_row_never_differs_from_itself(values: dict[str, str]) -> None:
    assert differing(values, values) == ()
