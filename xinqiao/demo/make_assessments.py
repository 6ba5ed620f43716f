"""Makes the sample assessments of the demonstration: of operators, and of drivers.

The same day gives the same files.
"""

import random
from datetime import date, timedelta
from pathlib import Path

from xinqiao.demo.invention import (
    BUREAU,
    FAMILY_NAMES,
    GIVEN_NAMES,
    PLACES,
    Row,
    credit_code,
    identity_number,
)
from xinqiao.demo.sheets import write_workbook

QUALITY_HEADERS = {
    "subject.name": "业户名称",
    "subject.unified_social_credit_code": "统一社会信用代码",
    "assessed_object": "考核对象",
    "year": "考核年度",
    "assessed_on": "考核日期",
    "assessor": "考核机构",
    "score": "考核分值",
    "grade": "考核等级",
    "rule": "依据文件",
}
DRIVER_HEADERS = {
    "subject.name": "姓名",
    "subject.certificate_type": "证件类型",
    "subject.certificate_number": "证件号码",
    "qualification_number": "从业资格证号",
    "qualification_category": "从业资格类别",
    "first_issued_on": "初次领证日期",
    "cycle_from": "考核周期起",
    "cycle_to": "考核周期止",
    "assessed_on": "考核日期",
    "points": "累计计分",
    "grade": "诚信等级",
    "employer": "服务单位",
    "employer_code": "服务单位统一社会信用代码",
}
"""Field path → header of the export."""

_SEED = 20261123
_OPERATORS = 10
_DRIVERS = 12
_YEARS_OF_DRIVING = 6
_MONTH = 4
_AT_TWENTY_POINTS = 4
_OBJECTS = (
    ("机动车维修", "汽车维修", "交公路发〔2006〕719号", "AA"),
    ("出租汽车", "出租汽车", "交运规〔2022〕2号", "AAAA"),
    ("道路货运", "货物运输", "交公路发〔2006〕294号", "AAA"),
)
"""Assessed object, trade, the rule it is assessed by, and a grade of its scale."""


def make_quality_rows(today: date) -> list[Row]:
    """Return assessed operators; the first repair shop has a grade of the taxi scale."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    rows = []
    for number in range(_OPERATORS):
        assessed, trade, rule, grade = _OBJECTS[number % len(_OBJECTS)]
        name = f"云溪县{generator.choice(PLACES)}{trade}{number + 1:03d}有限公司"
        rows.append(
            Row(
                {
                    "subject.name": name,
                    "subject.unified_social_credit_code": credit_code(generator, "91"),
                    "assessed_object": assessed,
                    "year": str(today.year - 1),
                    "assessed_on": today - timedelta(days=1 + number),
                    "assessor": BUREAU,
                    "score": float(700 + generator.randrange(200)),
                    "grade": "AAAAA" if number == 0 else grade,
                    "rule": rule,
                }
            )
        )
    return rows


def make_driver_rows(today: date) -> list[Row]:
    """Return assessed drivers; one has reached twenty points and is graded all the same."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    employer = credit_code(generator, "91")
    rows = []
    for number in range(_DRIVERS):
        # April: every year has its days
        ended = today.year if today > date(today.year, _MONTH, 1 + _DRIVERS) else today.year - 1
        begins = date(ended - 1, _MONTH, 2 + number)
        person = identity_number(generator)
        rows.append(
            Row(
                {
                    "subject.name": generator.choice(FAMILY_NAMES) + generator.choice(GIVEN_NAMES),
                    "subject.certificate_type": "身份证",
                    "subject.certificate_number": person,
                    "qualification_number": person,
                    "qualification_category": "道路普通货物运输驾驶员",
                    "first_issued_on": begins.replace(year=begins.year - _YEARS_OF_DRIVING),
                    "cycle_from": begins,
                    "cycle_to": date(ended, _MONTH, 1 + number),
                    "assessed_on": today,
                    "points": 20.0 if number == _AT_TWENTY_POINTS else float(number % 3),
                    "grade": "AA",
                    "employer": "云溪县青石货物运输有限公司",
                    "employer_code": employer,
                }
            )
        )
    return rows


def write_quality(target: Path, today: date) -> None:
    """Write the operators' assessments to ``target``."""
    write_workbook(target, QUALITY_HEADERS, make_quality_rows(today))


def write_drivers(target: Path, today: date) -> None:
    """Write the drivers' assessments to ``target``."""
    write_workbook(target, DRIVER_HEADERS, make_driver_rows(today))
