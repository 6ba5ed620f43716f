"""Cells merged over several rows: what stands in the first is meant in each (合并单元格)."""

from collections.abc import Iterator

from xinqiao.intake.files.sheets import Cell, Sheet


def unmerged(sheet: Sheet) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of a sheet; what is merged over several rows stands in each of them."""
    waiting = sorted((one for one in sheet.merged if one[1][0] > one[0][0]), reverse=True)
    standing: dict[int, tuple[int, Cell]] = {}
    for number, cells in sheet.rows():
        row = number - 1
        for column, (last, text) in list(standing.items()):
            if row > last:
                del standing[column]
            elif cells[column] == "":
                cells[column] = text
        while waiting and waiting[-1][0][0] <= row:
            (first, column), (last, _) = waiting.pop()
            if first == row and column < len(cells):
                standing[column] = (last, cells[column])
        yield number, cells
