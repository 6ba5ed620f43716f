"""From cells to the bytes of a file: the same cells always make the same bytes (写文件)."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

import xlsxwriter
import xlwt

from xinqiao.adapters.file_drop.layout import CODECS, MARKS, Template

_BIRTHDAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a fixed mark without a zone, as workbooks hold it
_TEXT = "@"
_LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}

Rows = Sequence[Sequence[str]]


def to_bytes(template: Template, rows: Rows) -> bytes:
    """Return the file of ``rows``, whose cells the template's columns and charset can hold."""
    writer = {"xlsx": _xlsx, "xls": _xls, "csv": _csv, "xml": _xml}[template.format]
    return writer(template, rows)


def _lines(template: Template, rows: Rows) -> Iterator[Sequence[str]]:
    """Yield every line of the file from the first: literal ones, headings, blank ones, data."""
    yield from template.header_rows
    if template.header == "names":
        yield [column.label for column in template.columns]
    elif template.header == "codes":
        yield [column.code for column in template.columns]
    for _ in range(template.first_data_row - template.natural_first_row):
        yield []
    yield from rows


def _xlsx(template: Template, rows: Rows) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _BIRTHDAY})
        sheet = workbook.add_worksheet(str(template.sheet))
        text = workbook.add_format({"num_format": _TEXT})
        for number, line in enumerate(_lines(template, rows)):
            for place, cell in enumerate(line):
                if cell:
                    sheet.write_string(number, place, cell, text)
    return content.getvalue()


def _xls(template: Template, rows: Rows) -> bytes:
    content = io.BytesIO()
    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet(str(template.sheet))
    style = xlwt.XFStyle()
    style.num_format_str = _TEXT
    for number, line in enumerate(_lines(template, rows)):
        for place, cell in enumerate(line):
            if cell:
                sheet.write(number, place, cell, style)
    workbook.save(content)
    return content.getvalue()


def _csv(template: Template, rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=template.delimiter,
        quoting=csv.QUOTE_ALL if template.quoted else csv.QUOTE_MINIMAL,
        lineterminator=_LINE_ENDS[template.line_end],
    )
    writer.writerows(_lines(template, rows))
    return _encoded(template, text.getvalue())


def _xml(template: Template, rows: Rows) -> bytes:
    root = Element(template.root)
    for cells in rows:
        row = SubElement(root, template.row)
        for column, cell in zip(template.columns, cells, strict=True):
            if template.shape == "attributes":
                row.set(column.name, cell)
            else:
                SubElement(row, column.name).text = cell
    charset = CODECS[template.charset].upper()
    head = f'<?xml version="1.0" encoding="{charset}"?>\n'
    return _encoded(template, head + tostring(root, encoding="unicode") + "\n")


def _encoded(template: Template, text: str) -> bytes:
    return MARKS.get(template.charset, b"") + text.encode(CODECS[template.charset])
