"""After a site's table was edited: what people decided about showing a record still holds."""

from importlib.resources import files
from pathlib import Path

import pytest

from tests.life.bureau import SITE, Bureau
from tests.life.test_looking import TELEPHONE, allow
from xinqiao.database.tables import holding, take_down
from xinqiao.errors import SettingsError
from xinqiao.mapping.registry import Formats
from xinqiao.queue import rerouting
from xinqiao.queue.planning.rows import NO_TABLE
from xinqiao.queue.publicity import Showing

PENALTY_TABLE = f"formats/{SITE}/penalty-2018.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tables"


def write(bureau: Bureau, folder: Path, text: str) -> None:
    path = folder / PENALTY_TABLE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    bureau.formats = Formats((folder,))


def edit(bureau: Bureau, folder: Path, before: str, after: str) -> None:
    """Lay a copy of the site's table over the shipped one, in which one thing is another."""
    shipped = files("xinqiao.mapping").joinpath(*PENALTY_TABLE.split("/"))
    text = shipped.read_text(encoding="utf-8")
    assert before in text
    write(bureau, folder, text.replace(before, after))


def refit(bureau: Bureau) -> tuple[int, int]:
    done = rerouting.refit(bureau.acting, bureau.planner, bureau.keys, SITE)
    return done.fitting[SITE], done.unfit[SITE]


def codes(bureau: Bureau) -> list[str]:
    (row,) = bureau.rows(holding, holding.c.platform == SITE)
    return [one["code"] for one in row.findings]


def test_what_a_person_looked_at_is_not_asked_about_again(bureau: Bureau, folder: Path) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    allow(bureau, record_id)
    edit(bureau, folder, 'title = "', 'title = "新')
    assert refit(bureau) == (0, 0)
    bureau.send()
    assert bureau.line(record_id).showing is Showing.SHOWN


def test_what_nobody_looked_at_waits_still(bureau: Bureau, folder: Path) -> None:
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    edit(bureau, folder, 'title = "', 'title = "新')
    assert refit(bureau) == (0, 0)
    bureau.send()
    assert bureau.line(record_id).showing is Showing.WAITS


def test_what_is_over_is_taken_down_with_the_reason_noted_also_when_tables_were_edited_first(
    bureau: Bureau, folder: Path
) -> None:
    record_id = bureau.shown(severity="一般", publicity_until="2026-11-25")
    bureau.pass_days(30)
    edit(bureau, folder, 'title = "', 'title = "新')
    assert refit(bureau) == (0, 0)
    bureau.end_of_day()
    bureau.send()
    assert bureau.held(SITE, record_id) is None
    assert [row.why for row in bureau.rows(take_down)] == ["ended"]


def test_a_broken_table_keeps_a_record_from_the_site_and_a_person_is_told_why(
    bureau: Bureau, folder: Path
) -> None:
    write(bureau, folder, "key_fields = [")
    record_id = bureau.penalty(violation_facts=TELEPHONE)
    assert codes(bureau) == [NO_TABLE]
    # nobody can say of a text that it may be shown while nothing says which texts are
    with pytest.raises(SettingsError, match="penalty-2018"):
        allow(bureau, record_id)
    edit(bureau, folder, 'title = "', 'title = "新')
    assert refit(bureau) == (0, 1)
    assert bureau.line(record_id).showing is Showing.WAITS
