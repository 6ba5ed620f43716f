"""Makes the sample operators of the demonstration, like the road-transport system's export.

The same day gives the same file.
"""

import random
from datetime import date, timedelta
from pathlib import Path

from xinqiao.demo.invention import (
    FAMILY_NAMES,
    GIVEN_NAMES,
    PLACES,
    REGION,
    Row,
    Value,
    credit_code,
    with_wrong_check,
)
from xinqiao.demo.sheets import write_csv

HEADERS = {
    "subject.name": "业户名称",
    "subject.unified_social_credit_code": "统一社会信用代码",
    "address": "业户地址",
    "area_code": "行政区划代码",
    "principal": "负责人姓名",
    "telephone": "联系电话",
    "status": "经营状态",
    "business_categories": "业务类别",
    "licence_word": "经营许可证字",
    "licence_number": "经营许可证号",
    "business_scope": "经营范围",
    "valid_from": "有效期起",
    "valid_until": "有效期止",
    "licence_mode": "许可方式",
}
"""Field path → header of the export."""

_SEED = 20261122
_ROWS = 14
_YEARS = 4
_TRADES = (
    ("汽车维修", "041", "二类机动车维修", "备案"),
    ("驾驶员培训", "051", "普通机动车驾驶员培训", "备案"),
    ("出租汽车", "091", "巡游出租汽车客运", "许可"),
    ("公共汽车客运", "080", "城市公共汽车客运", "许可"),
    ("货物运输", "021", "道路普通货物运输", "许可"),
)
"""Trade → 业务类别 (JT/T 415), scope, and whether it is licensed or filed."""


def make_rows(today: date) -> list[Row]:
    """Return the rows: a wrong code, a status there is not, one subject the platforms know not."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    rows = [_row(generator, number, today) for number in range(_ROWS)]
    code = "subject.unified_social_credit_code"
    rows[3] = rows[3].changed(code, with_wrong_check(str(rows[3].values[code])))
    rows[7] = rows[7].changed("status", "8")
    rows[11] = rows[11].changed("subject.name", f"{rows[11].values['subject.name']}（未登记）")
    return rows


def write(target: Path, today: date) -> None:
    """Write the file to ``target``."""
    write_csv(target, HEADERS, make_rows(today))


def _row(generator: random.Random, number: int, today: date) -> Row:
    trade, category, scope, mode = _TRADES[number % len(_TRADES)]
    place = generator.choice(PLACES)
    begins = today - timedelta(days=30 + generator.randrange(365))
    ends: Value = "" if mode == "备案" else begins + timedelta(days=365 * _YEARS)
    return Row(
        {
            "subject.name": f"云溪县{place}{trade}{number + 1:03d}有限公司",
            "subject.unified_social_credit_code": credit_code(generator, "91"),
            "address": f"云溪县{place}示例路{number + 1}号",
            "area_code": REGION,
            "principal": generator.choice(FAMILY_NAMES) + generator.choice(GIVEN_NAMES),
            "telephone": f"0533-{number + 1:07d}",
            "status": "1",
            "business_categories": category,
            "licence_word": "云交运管许可字",
            "licence_number": f"{REGION}{number + 1:06d}",
            "business_scope": scope,
            "valid_from": begins,
            "valid_until": ends,
            "licence_mode": mode,
        }
    )
