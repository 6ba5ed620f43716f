"""Makes the sample permits of the demonstration: ``python -m xinqiao.demo.make_permits``.

Every name is invented, 云溪县 does not exist, and the years of birth in identity numbers
(1901-1909) belong to nobody alive; check digits are right unless a row is meant to be wrong. The
same file comes out every time.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from stdnum.cn import ric, uscc
from xlsxwriter import Workbook

from xinqiao.intake.headers import header_table
from xinqiao.records.identifiers import organisation_check_character

TARGET = Path(__file__).with_name("permits.xlsx")
"""Where the workbook is written."""

FIRST_DECISION = date(2026, 10, 12)
LAST_DECISION = date(2026, 11, 20)

_SEED = 20261120
_ROWS = 60
_REGION = "370323"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BUREAU = "云溪县交通运输局"
_PLACES = ("青石", "柳泉", "云台", "龙湾", "松岭", "白杨", "石桥", "东坪", "清河", "南塘")
_TRADES = (
    ("汽车维修", "机动车维修经营（二类）"),
    ("货物运输", "道路普通货物运输"),
    ("驾驶员培训", "机动车驾驶员培训（普通二级）"),
    ("出租汽车", "巡游出租汽车客运"),
    ("危险货物运输", "道路危险货物运输（第3类）"),
)
_FAMILY_NAMES = "云溪松柏竹梅兰菊荷桂"
_GIVEN_NAMES = ("试一", "试二", "样三", "样四", "例五", "例六", "示七", "示八", "演九", "演十")
_CLASSES = ("普通", "普通", "普通", "核准", "登记")
_UNREGISTERED = (10, 25, 40)  # rows from 0 whose subject the simulated platform does not know
_LICENCE_YEARS = 4

Value = str | date
_SPELLINGS: tuple[Callable[[date], Value], ...] = (
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}-{day.month}-{day.day}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day:%Y%m%d}",
    lambda day: day,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: field path → value of the cell."""

    values: dict[str, Value]

    def changed(self, path: str, value: Value) -> "Row":
        """Return the row with another value at ``path``."""
        return replace(self, values={**self.values, path: value})


def credit_code(generator: random.Random, prefix: str) -> str:
    """Return an invented 统一社会信用代码 with right check digits."""
    body = "MA" + "".join(generator.choices(_ALPHABET, k=6))
    number = prefix + _REGION + body + organisation_check_character(body)
    # the check character of an organisation code is a digit or X, both in the alphabet
    return number + uscc.calc_check_digit(number)


def identity_number(generator: random.Random) -> str:
    """Return an invented 公民身份号码 with a right check digit and a birth in 1901-1909."""
    birth = date(1901, 1, 1) + timedelta(days=generator.randrange(9 * 365))
    body = f"{_REGION}{birth:%Y%m%d}{generator.randrange(1000):03d}"
    return body + ric.calc_check_digit(body + "0")


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
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                else:
                    sheet.write_datetime(number, column, value, day_format)


def _row(generator: random.Random, number: int, bureau_code: str) -> Row:
    trade, content = _TRADES[number % len(_TRADES)]
    decided = FIRST_DECISION + timedelta(
        days=generator.randrange((LAST_DECISION - FIRST_DECISION).days + 1)
    )
    long_term = number % 4 == 0
    until: Value = "长期" if long_term else decided.replace(year=decided.year + _LICENCE_YEARS)
    values: dict[str, Value] = {
        **_subject(generator, number, trade),
        "document_name": "道路运输经营许可决定书",
        "document_number": f"云交许〔2026〕{number + 1:04d}号",
        "permit_class": generator.choice(_CLASSES),
        "licence_name": "道路运输经营许可证",
        "licence_number": f"云交运证字{_REGION}{number + 1:06d}号",
        "content": content,
        "decision_date": _SPELLINGS[number % len(_SPELLINGS)](decided),
        "valid_from": decided,
        "valid_until": until,
        "authority": _BUREAU,
        "authority_code": bureau_code,
        "status": "1",
        "source_unit": _BUREAU,
        "source_unit_code": bureau_code,
    }
    return Row(values)


def _subject(generator: random.Random, number: int, trade: str) -> dict[str, Value]:
    person = generator.choice(_FAMILY_NAMES) + generator.choice(_GIVEN_NAMES)
    place = generator.choice(_PLACES)
    if number % 3 == 2:  # noqa: PLR2004 - every third is a natural person
        return {
            "subject.name": person,
            "subject.category": "自然人",
            "subject.certificate_type": "身份证",
            "subject.certificate_number": identity_number(generator),
        }
    if number % 3 == 1:
        return {
            "subject.name": f"云溪县{place}{trade}{number + 1:03d}服务部",
            "subject.category": "个体工商户",
            "subject.unified_social_credit_code": credit_code(generator, "92"),
            "subject.legal_representative": person,
        }
    return {
        "subject.name": f"云溪县{place}{trade}{number + 1:03d}有限公司",
        "subject.category": "法人及非法人组织",
        "subject.unified_social_credit_code": credit_code(generator, "91"),
        "subject.legal_representative": person,
        "subject.legal_representative_certificate_type": "身份证",
        "subject.legal_representative_certificate_number": identity_number(generator),
    }


def _spoil(rows: list[Row]) -> None:
    """Put four errors and two blemishes into ``rows``, in place."""
    code = "subject.unified_social_credit_code"
    rows[6] = rows[6].changed(code, _with_wrong_check(str(rows[6].values[code])))
    rows[15] = rows[15].changed("permit_class", "批准")
    rows[28] = rows[28].changed("decision_date", "2026年11月31日")
    rows[46] = rows[46].changed("valid_until", date(2026, 9, 30))
    rows[19] = rows[19].changed("subject.name", f"\u3000{rows[19].values['subject.name']}（1/1）")
    rows[36] = rows[36].changed(code, f"统一社会信用代码：{str(rows[36].values[code]).lower()}")


def _with_wrong_check(code: str) -> str:
    return code[:-1] + ("1" if code[-1] != "1" else "2")


if __name__ == "__main__":
    write(TARGET)
