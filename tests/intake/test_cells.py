from datetime import date, datetime, time, timedelta

import pytest

from xinqiao.intake.cells import cell_text
from xinqiao.intake.files.sheets import Cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        (" 甲 ", " 甲 "),
        (5.0, "5"),
        (-3.0, "-3"),
        (0.25, "0.25"),
        (370323200000001.0, "370323200000001"),
        (7, "7"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 11, 3), "2026-11-03"),
        (datetime(2026, 11, 3), "2026-11-03"),  # noqa: DTZ001 - spreadsheets have no zones
        (datetime(2026, 11, 3, 9, 30), "2026-11-03 09:30:00"),  # noqa: DTZ001 - likewise
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
    ],
)
def test_cells_are_shown_as_a_person_sees_them(cell: Cell, text: str) -> None:
    assert cell_text(cell) == text
