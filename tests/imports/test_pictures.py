"""News with pictures: part of the record, kept through corrections, shown to nobody as text."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.feedback.instructed import instructions
from tests.imports.books import Desk, codes, correct, counts, write_book
from tests.imports.rows import labelled
from tests.intake.photographs import photograph
from tests.records.whole import NEWS
from xinqiao.database.record_store import load_contents
from xinqiao.database.tables import record, record_version
from xinqiao.intake.corrections import Wanted, write_corrections
from xinqiao.records.pictures import Picture, read_pictures


def news(**changes: str) -> dict[str, Any]:
    return labelled("news", {**NEWS, **changes})


def pictures(desk: Desk, version: int) -> list[Picture]:
    (one,) = desk.rows(record)
    with desk.database.reading() as connection:
        contents = load_contents(connection, [(one.id, version)], desk.keys)
    return list(read_pictures(contents[one.id, version]["pictures"]))


@pytest.fixture
def desk_with_pictures(desk: Desk) -> Desk:
    for name in ("甲.jpg", "乙.jpg"):
        photograph(desk.folder / name, size=(20 if name == "甲.jpg" else 30, 20))
    return desk


def test_pictures_are_a_part_of_the_version(desk_with_pictures: Desk) -> None:
    desk = desk_with_pictures
    assert counts(desk.take(news(pictures="甲.jpg"))) == {"read": 1, "new": 1, "unclaimed": 1}
    assert counts(desk.take(news(pictures="甲.jpg"))) == {"read": 1, "unchanged": 1}
    changed = desk.take(news(pictures="甲.jpg；乙.jpg"))
    assert counts(changed) == {"read": 1, "changed": 1, "unclaimed": 1}
    assert [one.name for one in pictures(desk, 1)] == ["甲.jpg"]
    assert [one.name for one in pictures(desk, 2)] == ["甲.jpg", "乙.jpg"]
    # another image under the same name is another content
    photograph(desk.folder / "乙.jpg", size=(50, 50))
    again = desk.take(news(pictures="甲.jpg；乙.jpg"))
    assert counts(again) == {"read": 1, "changed": 1, "unclaimed": 1}


def test_a_row_with_a_bad_picture_is_corrected_without_the_good_ones(
    desk_with_pictures: Desk,
) -> None:
    desk = desk_with_pictures
    (desk.folder / "坏.jpg").write_text("不是图片", "utf-8")
    first = desk.take(news(pictures="甲.jpg；坏.jpg"))
    assert codes(first) == [(2, "picture_unreadable")]
    assert first.findings[0].column == "图片"
    assert first.invalid == 1
    # the pictures stand in another folder than the workbook of findings
    book = Path(first.findings_file)
    sheet = openpyxl.load_workbook(book)["待更正"]
    shown = [str(cell.value or "") for row in sheet.iter_rows() for cell in row]
    assert "甲.jpg；坏.jpg" in shown
    assert max(map(len, shown)) < 200
    photograph(book.parent / "好.jpg")
    second = desk.take_file(correct(first.findings_file, {"图片": "甲.jpg；好.jpg"}))
    assert counts(second) == {"read": 1, "changed": 1, "unclaimed": 1}
    assert [one.name for one in pictures(desk, 2)] == ["甲.jpg", "好.jpg"]
    assert pictures(desk, 2)[0] == pictures(desk, 1)[0]
    assert pictures(desk, 1)[1].data == b""


def test_another_word_of_the_row_is_corrected_without_any_picture_at_hand(
    desk_with_pictures: Desk,
) -> None:
    desk = desk_with_pictures
    first = desk.take(news(pictures="甲.jpg", published_on="2026-11-21"))
    assert codes(first) == [(2, "in_future")]
    second = desk.take_file(correct(first.findings_file, {"发布日期": "2026/11/03"}))
    assert counts(second) == {"read": 1, "changed": 1, "unclaimed": 1}
    assert pictures(desk, 2) == pictures(desk, 1)


def test_a_workbook_of_corrections_shows_names_and_reads_back(desk_with_pictures: Desk) -> None:
    desk = desk_with_pictures
    desk.take(news(pictures="甲.jpg；乙.jpg", published_on="2026-11-21"))
    with desk.database.reading() as connection:
        (made,) = write_corrections(
            connection,
            desk.keys,
            instructions(),
            Wanted(),
            desk.folder / "更正",
            desk.clock.now(),
        )
    cells = [
        str(cell.value or "")
        for row in openpyxl.load_workbook(made.file)["待更正"].iter_rows()
        for cell in row
    ]
    assert "甲.jpg；乙.jpg" in cells
    assert max(map(len, cells)) < 200
    again = desk.take_file(correct(str(made.file), {"发布日期": "2026/11/03"}))
    assert counts(again) == {"read": 1, "changed": 1, "unclaimed": 1}
    assert pictures(desk, 2) == pictures(desk, 1)


def test_a_stranger_cannot_take_the_pictures_of_another_record(desk_with_pictures: Desk) -> None:
    desk = desk_with_pictures
    desk.take(news(pictures="甲.jpg"))
    elsewhere = desk.folder / "别处"
    elsewhere.mkdir()
    copied = desk.take_file(write_book(elsewhere / "抄.xlsx", news(title="抄", pictures="甲.jpg")))
    assert codes(copied) == [(2, "picture_missing")]


def test_no_place_reaches_the_database(desk_with_pictures: Desk) -> None:
    desk = desk_with_pictures
    desk.take(news(pictures="甲.jpg"))
    (picture,) = pictures(desk, 1)
    assert b"Exif" not in picture.data
    (version,) = desk.rows(record_version)
    assert "data" in version.content["pictures"]
