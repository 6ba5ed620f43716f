"""Which submissions a filter names: each by itself, several together, and for lists alike."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.submission_queue.world import PLATFORM, World
from xinqiao.database.tables import import_run, record, submission
from xinqiao.queue.listing import listing
from xinqiao.queue.selection import Selection
from xinqiao.queue.states import State


def found(world: World, **filters: Any) -> list[int]:
    with world.database.reading() as connection:
        return sorted(row["id"] for row in listing(connection, Selection(**filters), 100))


@pytest.fixture
def mixed(world: World) -> World:
    """Three submissions: every filter names the first, or the first and the second."""
    first, second, _ = world.add(1, 2, 3)
    with world.database.writing() as connection:
        for record_id, number, department in (
            (first, "0001", "行政许可科"),
            (second, "0012", "行政许可科"),
        ):
            connection.execute(
                sa.update(record)
                .where(record.c.id == record_id)
                .values(
                    document_key=f"permit|11420000MB15291767|云交许[2026]{number}号",
                    department=department,
                )
            )
        connection.execute(
            sa.update(submission)
            .where(submission.c.id == 1)
            .values(state="rejected", code="1001", operation="update")
        )
        connection.execute(
            sa.update(import_run).where(import_run.c.id == 1).values(file_name="九月.xlsx")
        )
    return world


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"state": State.REJECTED}, [1]),
        ({"platform": PLATFORM}, [1, 2, 3]),
        ({"platform": "nowhere"}, []),
        ({"kind": "permit"}, [1, 2, 3]),
        ({"kind": "penalty"}, []),
        ({"operation": "update"}, [1]),
        ({"code": "1001"}, [1]),
        ({"department": "行政许可科"}, [1, 2]),
        ({"document": "云交许〔2026〕0001号"}, [1]),
        ({"document": "云交许【２０２６】 00"}, [1, 2]),
        ({"document": "11420000MB15291767"}, []),
        ({"file": "九月.xlsx"}, [1]),
        ({"ids": (3, 1)}, [1, 3]),
        ({"ids": (2**63, 2)}, [2]),
        ({"department": "行政许可科", "state": State.READY}, [2]),
        ({"state": (State.REJECTED, State.READY)}, [1, 2, 3]),
        ({"state": (State.REJECTED, State.HELD)}, [1]),
        ({"state": ()}, [1, 2, 3]),
        ({"platform": ("nowhere", PLATFORM), "kind": ("penalty", "permit")}, [1, 2, 3]),
        ({"code": ("1001", "9999")}, [1]),
    ],
)
def test_all_filters_must_hold(mixed: World, filters: dict[str, Any], numbers: list[int]) -> None:
    assert found(mixed, **filters) == numbers


def test_due_before_a_day_means_that_the_last_day_in_time_is_earlier(world: World) -> None:
    """Decided on 2026-11-17, the last day is 2026-11-26."""
    world.add(1)
    assert world.duties()[0].due_on == date(2026, 11, 26)
    assert found(world, due_before=date(2026, 11, 26)) == []
    assert found(world, due_before=date(2026, 11, 27)) == [1]


@pytest.mark.parametrize("asked", ["whole", "beginning", "capitals"])
def test_a_record_is_listed_by_its_id_or_the_beginning_of_it(world: World, asked: str) -> None:
    first, _ = world.add(1, 2)
    text = {"whole": first, "beginning": first[:8], "capitals": first.upper()}[asked]
    assert found(world, record=text) == [1]


@pytest.mark.parametrize("text", ["%", "_", "absent"])
@pytest.mark.parametrize("name", ["record", "document"])
def test_signs_with_a_meaning_of_their_own_find_nothing(mixed: World, name: str, text: str) -> None:
    assert found(mixed, **{name: text}) == []


def test_a_file_names_the_submissions_of_the_versions_that_it_brought(world: World) -> None:
    (record_id,) = world.add(1)
    world.version(record_id, 2, content="改过的内容")
    with world.database.writing() as connection:
        connection.execute(
            sa.update(import_run).where(import_run.c.id == 2).values(file_name="更正.xlsx")
        )
    assert found(world, file="更正.xlsx") == [2]
    assert found(world, file="许可.xlsx") == [1]


def test_the_filters_are_told_in_one_line_and_numbers_are_none() -> None:
    selection = Selection(ids=(1,), state=State.HELD, due_before=date(2026, 12, 1))
    assert selection.described() == "state=held due_before=2026-12-01"
    several = Selection(state=(State.HELD, State.READY), code=("1001",), platform=())
    assert several.described() == "state=held,ready code=1001"


@pytest.mark.parametrize(
    ("platform", "only"),
    [(None, None), ((), None), ("a", "a"), (("a",), "a"), (("a", "b"), None)],
)
def test_the_platform_of_a_bulk_run_is_known_where_it_is_one(
    platform: str | tuple[str, ...] | None, only: str | None
) -> None:
    assert Selection(platform=platform).only_platform == only
