"""A ledger is believed whole only when every page says so and the figures agree."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reconcile.ledger_stands import BREAKS, LedgerPlatform, entries
from xinqiao.adapters.base import LedgerEntry, LedgerPage, Outcome, Reply
from xinqiao.reconcile.ledgers.pages import LedgerReader

DAY = date(2026, 11, 20)
ANSWERED = Reply(Outcome.RECEIVED)


@dataclass
class Scripted(LedgerPlatform):
    """A ledger whose pages are written down one by one."""

    script: tuple[LedgerPage, ...] = ()

    def ledger(self, kind: str, start: date, end: date, page: int = 1) -> LedgerPage:
        del kind, start, end
        return self.script[page - 1]


def page(*references: str, following: int | None = None, total: int | None = None) -> LedgerPage:
    listed = tuple(entries(*((f"{one}号", one) for one in references)))
    return LedgerPage(ANSWERED, listed, following, complete=True, total=total)


def read(*script: LedgerPage) -> tuple[list[str], str]:
    """Return the references seen, and why the ledger is not whole."""
    reader = LedgerReader(Scripted(script=script), "permit", DAY, DAY)
    seen = [entry.reference for found in reader.pages() for entry in found]
    return seen, reader.incomplete


def test_pages_are_read_to_the_end_and_the_figures_agree() -> None:
    script = page("a", "b", following=2, total=3), page("c", total=3)
    assert read(*script) == (["a", "b", "c"], "")


def test_an_empty_ledger_is_whole() -> None:
    assert read(page(total=0)) == ([], "")
    assert read(page()) == ([], "")


def test_without_totals_the_last_page_is_the_end() -> None:
    assert read(page("a", following=2), page("b")) == (["a", "b"], "")


def test_nothing_is_whole_before_it_was_read() -> None:
    reader = LedgerReader(Scripted(), "permit", DAY, DAY)
    assert reader.incomplete


@pytest.mark.parametrize(
    ("script", "seen", "why"),
    [
        ((page("a", following=2, total=2), page("b", total=3)), "ab", "总数有变动"),
        ((page("a", following=2, total=2), page("b")), "ab", "总数有变动"),
        ((page("a", following=2), page("b", total=2)), "ab", "总数有变动"),
        ((page("a", following=2, total=3), page("b", total=3)), "ab", "共 3 条，只读到 2 条"),
        ((page("a", "b", total=1),), "ab", "共 1 条，只读到 2 条"),
        ((page("a", "b", following=2), page("b", "c")), "abbc", "前后页有重复"),
        ((page("a", following=1),), "a", "不再前进"),
        ((page("a", following=2), replace(page("b"), complete=False)), "ab", "第 2 页没有读全"),
    ],
)
def test_a_ledger_whose_pages_disagree_is_not_whole(
    script: tuple[LedgerPage, ...], seen: str, why: str
) -> None:
    found, incomplete = read(*script)
    assert found == list(seen)
    assert why in incomplete


def test_the_reason_a_platform_gives_is_passed_on() -> None:
    refused = LedgerPage(Reply(Outcome.RETRYABLE, "5030", "系统维护"))
    assert "系统维护" in read(refused)[1]
    assert "read_timeout" in read(LedgerPage(Reply(Outcome.IN_DOUBT, "read_timeout")))[1]
    assert "没有说明" in read(LedgerPage(Reply(Outcome.IN_DOUBT)))[1]


def test_entries_without_a_reference_are_known_by_what_they_say() -> None:
    one = LedgerEntry("1号", {"XK_NR": "货运"})
    first = LedgerPage(ANSWERED, (one,), 2, complete=True)
    again = LedgerPage(ANSWERED, (one,), complete=True)
    other = LedgerPage(ANSWERED, (LedgerEntry("1号", {"XK_NR": "客运"}),), complete=True)
    assert "前后页有重复" in read(first, again)[1]
    assert read(first, other)[1] == ""


@given(
    count=st.integers(0, 12),
    size=st.integers(1, 5),
    place=st.integers(1, 12),
    manner=st.sampled_from(sorted(BREAKS)),
)
def test_a_ledger_that_goes_wrong_on_any_page_is_never_whole(
    count: int, size: int, place: int, manner: str
) -> None:
    platform = LedgerPlatform(page_size=size)
    platform.shown = list(entries(*((f"{one}号", str(one)) for one in range(count))))
    pages = max(1, -(-count // size))
    reader = LedgerReader(platform, "permit", DAY, DAY)
    list(reader.pages())
    assert (reader.incomplete, platform.read) == ("", list(range(1, pages + 1)))
    if place > pages or (count == 0 and manner in {"one lost", "ends early"}):
        return
    platform.breaks = {place: BREAKS[manner]}
    reader = LedgerReader(platform, "permit", DAY, DAY)
    list(reader.pages())
    assert reader.incomplete


@given(count=st.integers(2, 12), size=st.integers(1, 5), gone=st.integers(0, 11), after=st.data())
def test_a_record_deleted_while_the_ledger_is_read_is_noticed(
    count: int, size: int, gone: int, after: st.DataObject
) -> None:
    """The records behind it move up, and one of them would be on no page."""
    platform = LedgerPlatform(page_size=size)
    platform.shown = list(entries(*((f"{one}号", str(one)) for one in range(count))))
    pages = -(-count // size)
    reader = LedgerReader(platform, "permit", DAY, DAY)
    when = after.draw(st.integers(1, pages))
    seen = set()
    for number, found in enumerate(reader.pages(), start=1):
        seen |= {entry.reference for entry in found}
        if number == when and gone < count:
            del platform.shown[gone]
            gone = count
    left = {entry.reference for entry in platform.shown}
    assert left <= seen or reader.incomplete
