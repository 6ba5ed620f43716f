"""Makes the sample permits of the demonstration: ``python -m xinqiao.demo.make_permits``.

The same file comes out every time.
"""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.demo.invention import (
    BUREAU,
    REGION,
    SPELLINGS,
    Row,
    Value,
    credit_code,
    subject,
    with_wrong_check,
)
from xinqiao.intake.headers import header_table

TARGET = Path(__file__).with_name("permits.xlsx")
"""Where the workbook is written."""

FIRST_DECISION = date(2026, 10, 12)
LAST_DECISION = date(2026, 11, 20)

_SEED = 20261120
_ROWS = 60
_TRADES = (
    ("汽车维修", "机动车维修经营（二类）"),
    ("货物运输", "道路普通货物运输"),
    ("驾驶员培训", "机动车驾驶员培训（普通二级）"),
    ("出租汽车", "巡游出租汽车客运"),
    ("危险货物运输", "道路危险货物运输（第3类）"),
)
_CLASSES = ("普通", "普通", "普通", "核准", "登记")
_UNREGISTERED = (10, 25, 40)  # rows from 0 whose subject the simulated platform does not know
_LICENCE_YEARS = 4


def make_rows() -> list[Row]:
    """Return the rows of the sample: 4 with errors, 2 to be cleaned, 1 repeated."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    bureau_code = credit_code(generator, "11")
    rows = [_row(generator, number, bureau_code) for number in range(_ROWS - 1)]
    for number in _UNREGISTERED:
        name = rows[number].values["subject.name"]
        rows[number] = rows[number].changed("subject.name", f"{name}（未登记）")
    _spoil(rows)
    return [*rows, rows[33]]


def write(target: Path) -> None:
    """Write the workbook to ``target``."""
    fields = header_table("permit").fields
    with Workbook(target, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 11, 20)})  # noqa: DTZ001 - Excel has no zones
        sheet = workbook.add_worksheet("行政许可")
        bold = workbook.add_format({"bold": True})
        day_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for column, field in enumerate(fields.values()):
            sheet.write_string(0, column, field.label, bold)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(fields) - 1, 22)
        for number, row in enumerate(make_rows(), start=1):
            for column, path in enumerate(fields):
                value = row.values.get(path, "")
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day_format)
                else:
                    sheet.write_string(number, column, str(value))


def _row(generator: random.Random, number: int, bureau_code: str) -> Row:
    trade, content = _TRADES[number % len(_TRADES)]
    decided = FIRST_DECISION + timedelta(
        days=generator.randrange((LAST_DECISION - FIRST_DECISION).days + 1)
    )
    long_term = number % 4 == 0
    until: Value = "长期" if long_term else decided.replace(year=decided.year + _LICENCE_YEARS)
    values: dict[str, Value] = {
        **subject(generator, number, trade),
        "document_name": "道路运输经营许可决定书",
        "document_number": f"云交许〔2026〕{number + 1:04d}号",
        "permit_class": generator.choice(_CLASSES),
        "licence_name": "道路运输经营许可证",
        "licence_number": f"云交运证字{REGION}{number + 1:06d}号",
        "content": content,
        "decision_date": SPELLINGS[number % len(SPELLINGS)](decided),
        "valid_from": decided,
        "valid_until": until,
        "authority": BUREAU,
        "authority_code": bureau_code,
        "status": "1",
        "source_unit": BUREAU,
        "source_unit_code": bureau_code,
    }
    return Row(values)


def _spoil(rows: list[Row]) -> None:
    """Put four errors and two blemishes into ``rows``, in place."""
    code = "subject.unified_social_credit_code"
    rows[6] = rows[6].changed(code, with_wrong_check(str(rows[6].values[code])))
    rows[15] = rows[15].changed("permit_class", "批准")
    rows[28] = rows[28].changed("decision_date", "2026年11月31日")
    rows[46] = rows[46].changed("valid_until", date(2026, 9, 30))
    rows[19] = rows[19].changed("subject.name", f"\u3000{rows[19].values['subject.name']}（1/1）")
    rows[36] = rows[36].changed(code, f"统一社会信用代码：{str(rows[36].values[code]).lower()}")


if __name__ == "__main__":
    write(TARGET)
