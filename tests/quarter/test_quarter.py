"""The quarter as it is told in :mod:`tests.quarter.story`, against the book-keeper."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.quarter import book, story
from tests.quarter.stage import Stage
from tests.quarter.wall import WallClock
from xinqiao.clock import SHANGHAI

LOOKS = (
    date(2026, 10, 31),
    date(2026, 11, 18),
    date(2026, 11, 30),
    date(2026, 12, 26),
    date(2026, 12, 31),
    date(2027, 1, 15),
)
"""Evenings on which everything is compared."""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    wall = WallClock(tmp_path / "clock", datetime(2026, 10, 8, 7, tzinfo=SHANGHAI))
    wall.rule(monkeypatch)
    with ExitStack() as on:
        yield Stage(tmp_path / "ws", story.make(1), wall, monkeypatch, on)


def told_figures(stage: Stage) -> book.Sums:
    """Return every figure of the program in the shape of the book-keeper's."""
    found: book.Sums = {}
    for figure in stage.figures():
        for one in figure["numbers"]:
            key = (
                figure["figure"],
                one["platform"] or "",
                one["kind"],
                one["department"],
                one["month"] or "",
                one["counting"] or "",
                True if one["outages"] is None else one["outages"],
            )
            assert key not in found
            found[key] = (one["numerator"], one["denominator"], one["provisional"])
    return found


def show(day, truth, told, what=""):
    a, b = Counter(map(repr, truth)), Counter(map(repr, told))
    for one in sorted((a - b).elements()):
        print(day, what, "TRUTH", one)
    for one in sorted((b - a).elements()):
        print(day, what, "TOLD ", one)


@pytest.mark.timeout(900)
def test_quarter(stage: Stage) -> None:
    day = story.BEGINS
    begun = time.monotonic()
    while day <= LOOKS[-1]:
        stage.day(day)
        if day in LOOKS:
            print(
                day,
                round(time.monotonic() - begun, 1),
                {
                    n: {s: c for s, c in b["states"].items() if c}
                    for n, b in stage.hub.status().items()
                },
            )
            truth, told = book.figures(stage.story, day), told_figures(stage)
            for key in sorted({*truth, *told}):
                if truth.get(key) != told.get(key):
                    print(day, key, "truth", truth.get(key), "told", told.get(key))
            show(day, book.duties(stage.story, day), [one for one in stage.duties() if one[5] != "adopted"])
            show(day, book.differences(stage.story, day), [(o["platform"], o["kind"], o["what"], o["document_number"].partition("｜")[0]) for o in stage.differences()])
            for platform in stage.platforms:
                if platform == book.PROVINCE and story.OUTAGE[0] <= day < story.OUTAGE[1]:
                    continue
                show(day, book.histories(stage.story, day, platform).items(), stage.histories(platform).items(), platform)
        day += timedelta(days=1)
