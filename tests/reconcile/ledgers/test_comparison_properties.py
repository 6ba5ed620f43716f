"""Whatever both sides hold, and however the ledger is cut into pages, the report is the same."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconcile.ledger_stands import (
    BREAKS,
    LedgerPlatform,
    compare,
    document,
    numbers_missing,
    report,
    settle_down,
    strangers,
)
from tests.submission_queue.world import World
from tests.support import FrozenClock
from xinqiao.database.engine import Database
from xinqiao.database.migration import upgrade
from xinqiao.privacy.keys import KeyRing

OTHER = "别的内容"

ours = st.sets(st.integers(1, 7))
theirs = st.dictionaries(st.integers(1, 9), st.booleans(), max_size=7)
"""Number → whether its content is what we sent."""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """An empty hub's database to copy: to migrate one for every example would take long."""
    path = tmp_path / "template.db"
    made = Database(f"sqlite:///{path}")
    upgrade(made)
    made.close()
    return path


@contextmanager
def world_of(
    template: Path, keys: KeyRing, accepted: set[int], shown: Mapping[int, bool]
) -> Iterator[tuple[World, LedgerPlatform]]:
    """Give a world in which we had ``accepted`` accepted and the ledger shows ``shown``."""
    path = template.with_name("example.db")
    shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    platform = LedgerPlatform()
    world = World(database, keys, FrozenClock(), platform)
    if accepted:
        report(world, *sorted(accepted))
    for number, same in shown.items():
        if number in accepted:
            platform.shows(number, **({} if same else {"XK_NR": OTHER}))
        else:
            platform.shows_foreign(document(number), f"SD-{number}", XK_NR=OTHER)
    settle_down(world)
    try:
        yield world, platform
    finally:
        database.close()
        for leftover in path.parent.glob("example.db*"):
            leftover.unlink()


def documents(numbers: set[int]) -> set[str]:
    return {document(number) for number in numbers}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(accepted=ours, shown=theirs, size=st.integers(1, 4))
def test_the_report_is_what_comparing_two_sets_gives(
    template: Path, keys: KeyRing, accepted: set[int], shown: dict[int, bool], size: int
) -> None:
    with world_of(template, keys, accepted, shown) as (world, platform):
        platform.page_size = size
        found = compare(world)
    both = accepted & shown.keys()
    assert found.incomplete == ""
    assert found.matched == len({one for one in both if shown[one]})
    assert set(numbers_missing(found)) == documents(accepted - shown.keys())
    assert strangers(found) == [
        (document(one), "never_sent") for one in shown if one not in accepted
    ]
    changed = {one.document_number for one in found.different}
    assert changed == documents({one for one in both if not shown[one]})


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    accepted=ours,
    shown=theirs.filter(bool),
    size=st.integers(1, 4),
    place=st.integers(1, 7),
    manner=st.sampled_from(sorted(BREAKS)),
)
def test_a_cut_ledger_claims_nothing_missing_and_nothing_that_is_not_so(
    template: Path,
    keys: KeyRing,
    accepted: set[int],
    shown: dict[int, bool],
    size: int,
    place: int,
    manner: str,
) -> None:
    pages = -(-len(shown) // size)
    with world_of(template, keys, accepted, shown) as (world, platform):
        platform.page_size = size
        platform.breaks = {1 + (place - 1) % pages: BREAKS[manner]}
        before = world.submissions()
        found = compare(world)
        assert world.submissions() == before
    assert found.missing == []
    assert found.incomplete
    assert found.matched <= len({one for one in accepted & shown.keys() if shown[one]})
    assert {number for number, _ in strangers(found)} <= documents(shown.keys() - accepted)
    changed = {one.document_number for one in found.different}
    assert changed <= documents({one for one in accepted & shown.keys() if not shown[one]})
