"""Days to reconcile: what cannot be is refused with the option to look at."""

from datetime import date, timedelta

import pytest

from xinqiao.errors import InputError
from xinqiao.reconcile.window import Window, check_window

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"), [(TODAY, TODAY), (TODAY - DAY, TODAY), (TODAY, TODAY + DAY)]
)
def test_a_window_up_to_today_or_beyond_is_good(start: date, end: date) -> None:
    assert check_window(start, end, TODAY) == Window(start, end)


@pytest.mark.parametrize(
    ("start", "end", "option"),
    [(TODAY, TODAY - DAY, "--to"), (TODAY + DAY, TODAY + DAY, "--from")],
)
def test_a_window_that_cannot_be_is_refused(start: date, end: date, option: str) -> None:
    with pytest.raises(InputError, match=option):
        check_window(start, end, TODAY)
