"""After format tables were edited: what fits now, what no longer, and what stays as it was sent."""

from importlib.resources import files
from pathlib import Path

import pytest

from tests.submission_queue.world import PLATFORM, World, accepted
from xinqiao.mapping.registry import Formats
from xinqiao.queue import rerouting
from xinqiao.queue.batches import open_batch
from xinqiao.queue.delivery import deliver
from xinqiao.queue.planning.rows import NO_TABLE
from xinqiao.queue.rerouting import Refit
from xinqiao.queue.rows import KEY_CHANGED

PERMIT = f"formats/{PLATFORM}/permit-2018.toml"
SHORTER = ('code = "XK_NR"', "length = 4000", "length = 2")
OTHER_KEY = (
    'key_fields = ["XK_WSH"]',
    'key_fields = ["XK_WSH"]',
    'key_fields = ["XK_WSH", "XK_XDR_MC"]',
)
Edit = tuple[str, str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tables"


def lay(world: World, folder: Path, *edits: Edit) -> None:
    """Give the hub a table in which, after a place, one thing is replaced by another."""
    text = files("xinqiao.mapping").joinpath(*PERMIT.split("/")).read_text(encoding="utf-8")
    for place, before, after in edits:
        head, found, tail = text.partition(place)
        assert found
        text = head + (found + tail).replace(before, after, 1)
    write(world, folder, text)


def write(world: World, folder: Path, text: str) -> None:
    path = folder / PERMIT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    world.formats = Formats((folder,))


def apply(world: World, *, dry_run: bool = False) -> tuple[int, int]:
    done: Refit = rerouting.refit(
        world.acting, world.planner(), world.keys, PLATFORM, dry_run=dry_run
    )
    return done.fitting[PLATFORM], done.unfit[PLATFORM]


def codes(world: World) -> list[list[str]]:
    return [[one["code"] for one in row.findings] for row in world.holdings()]


def test_what_no_longer_fits_is_not_sent_and_owed_all_the_same(world: World, folder: Path) -> None:
    world.add(1, 2)
    lay(world, folder, SHORTER)
    assert apply(world) == (0, 2)
    assert codes(world) == [["too_long"]] * 2
    assert world.states() == ["cancelled"] * 2
    assert [duty.closed_at for duty in world.duties()] == [None, None]


def test_what_fits_again_is_sent(world: World, folder: Path) -> None:
    lay(world, folder, SHORTER)
    world.add(1)
    assert world.states() == []
    lay(world, folder)
    assert apply(world) == (1, 0)
    assert (codes(world), world.states()) == ([[]], ["ready"])


def test_nothing_is_written_twice(world: World, folder: Path) -> None:
    world.add(1, 2)
    lay(world, folder, SHORTER)
    apply(world)
    before = [tuple(row) for row in world.holdings()]
    world.clock.advance(60)
    assert apply(world) == (0, 0)
    assert [tuple(row) for row in world.holdings()] == before


def test_a_dry_run_tells_what_would_differ_and_keeps_nothing(world: World, folder: Path) -> None:
    world.add(1)
    lay(world, folder, SHORTER)
    assert apply(world, dry_run=True) == (0, 1)
    assert (codes(world), world.states()) == ([[]], ["ready"])
    assert apply(world) == (0, 1)


def test_what_the_platform_holds_is_not_sent_again(world: World, folder: Path) -> None:
    world.connector.answers = [accepted]
    world.add(1)
    deliver(world.worker, world.platform)
    lay(world, folder, OTHER_KEY)
    assert apply(world) == (1, 0)
    assert world.states() == ["accepted"]
    (row,) = world.holdings()
    assert (row.held_version, row.held_key) == (1, "云交许〔2026〕0001号")


def test_a_batch_under_way_keeps_what_was_sealed(world: World, folder: Path) -> None:
    world.add(1)
    deliver(world.worker, world.platform)
    (sent,) = world.connector.sent
    lay(world, folder, SHORTER)
    apply(world)
    assert world.states() == ["awaiting_receipt"]
    with world.database.reading() as connection:
        assert open_batch(connection, 1, world.keys).batch == sent


def test_a_withdrawal_under_a_key_that_the_platform_does_not_know_goes_to_a_person(
    world: World, folder: Path
) -> None:
    world.connector.answers = [accepted]
    (record,) = world.add(1)
    deliver(world.worker, world.platform)
    lay(world, folder, OTHER_KEY)
    apply(world)
    world.version(record, 2, content="道路旅客运输")
    # under the new table the record has another key: the old row goes first
    assert [(one.operation, one.version) for one in world.submissions()[1:]] == [("withdraw", 1)]
    deliver(world.worker, world.platform)
    assert len(world.connector.sent) == 1
    assert world.states() == ["accepted", "held"]
    assert world.submissions()[1].message == KEY_CHANGED


def test_a_broken_table_leaves_what_was_planned_and_what_comes_meanwhile_is_owed(
    world: World, folder: Path
) -> None:
    world.add(1)
    write(world, folder, "key_fields = [")
    assert apply(world) == (0, 0)
    world.add(2)
    assert codes(world) == [[], [NO_TABLE]]
    assert len(world.duties()) == 2
    lay(world, folder)
    assert apply(world) == (1, 0)
    assert (codes(world), world.states()) == ([[], []], ["ready", "ready"])


def test_what_was_looked_through_is_not_looked_through_again(world: World, folder: Path) -> None:
    def waiting() -> int:
        with world.database.reading() as connection:
            return rerouting.outdated(connection, world.planner(), PLATFORM)

    world.add(1, 2)
    assert waiting() == 0
    lay(world, folder, SHORTER)
    assert waiting() == 2
    apply(world)
    assert waiting() == 0
