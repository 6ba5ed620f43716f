"""The board: which submissions a person asked for."""

import pytest

from tests.submission_queue.world import World
from xinqiao.queue.board import listing


@pytest.mark.parametrize("asked", ["whole", "beginning", "capitals"])
def test_a_record_is_listed_by_its_id_or_the_beginning_of_it(world: World, asked: str) -> None:
    first, _ = world.add(1, 2)
    text = {"whole": first, "beginning": first[:8], "capitals": first.upper()}[asked]
    with world.database.reading() as connection:
        found = listing(connection, state=None, platform=None, record_id=text, limit=10)
    assert [row["record"] for row in found] == [first]


@pytest.mark.parametrize("text", ["%", "_", "absent"])
def test_signs_with_a_meaning_of_their_own_find_nothing(world: World, text: str) -> None:
    world.add(1)
    with world.database.reading() as connection:
        assert listing(connection, state=None, platform=None, record_id=text, limit=10) == []
