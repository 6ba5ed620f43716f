"""Makes the sample facts of safety credit of the demonstration.

The same day gives the same file.
"""

import random
from datetime import date, timedelta
from pathlib import Path

from xinqiao.demo.invention import BUREAU, PLACES, Row, credit_code
from xinqiao.demo.sheets import write_workbook

HEADERS = {
    "subject.category": "主体类别",
    "subject.name": "主体名称",
    "subject.unified_social_credit_code": "统一社会信用代码",
    "sector": "领域类型",
    "information_class": "信息类别",
    "behaviour": "行为描述",
    "points": "分值",
    "occurred_on": "发生日期",
    "decided_on": "认定日期",
    "source": "信息来源",
    "authority": "认定机构",
    "state": "状态",
}
"""Field path → header of the export."""

_SEED = 20261124
_ROWS = 10
_FACTS = (
    ("失信", "事故隐患未按期整改", -20.0, "隐患排查治理"),
    ("守信", "按期完成安全生产标准化建设", 20.0, "标准化建设"),
    ("失信", "未按规定开展安全教育培训", -10.0, "执法检查"),
    ("基本", "报备安全管理人员", 0.0, "法规制度落实"),
)
"""Class, behaviour, points (invented) and source."""


def make_rows(today: date) -> list[Row]:
    """Return the rows: a source that the county plan does not name, a fact decided too early."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    rows = [_row(generator, number, today) for number in range(_ROWS)]
    rows[2] = rows[2].changed("source", "群众举报")
    occurred = rows[6].values["occurred_on"]
    if isinstance(occurred, date):
        rows[6] = rows[6].changed("decided_on", occurred - timedelta(days=3))
    return rows


def write(target: Path, today: date) -> None:
    """Write the workbook to ``target``."""
    write_workbook(target, HEADERS, make_rows(today))


def _row(generator: random.Random, number: int, today: date) -> Row:
    kind, behaviour, points, source = _FACTS[number % len(_FACTS)]
    occurred = today - timedelta(days=10 + generator.randrange(40))
    name = f"云溪县{generator.choice(PLACES)}货物运输{number + 1:03d}有限公司"
    return Row(
        {
            "subject.category": "生产经营单位",
            "subject.name": name,
            "subject.unified_social_credit_code": credit_code(generator, "91"),
            "sector": "道路运输",
            "information_class": kind,
            "behaviour": behaviour,
            "points": points,
            "occurred_on": occurred,
            "decided_on": occurred + timedelta(days=2),
            "source": source,
            "authority": BUREAU,
            "state": "已认定",
        }
    )
