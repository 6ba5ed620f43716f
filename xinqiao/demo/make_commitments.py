"""Makes the sample commitments of the demonstration. The same day gives the same file."""

import random
from datetime import date, timedelta
from pathlib import Path

from xinqiao.demo.invention import BUREAU, PLACES, REGION, Row, credit_code
from xinqiao.demo.sheets import write_workbook

HEADERS = {
    "code": "承诺编码",
    "subject.name": "承诺人名称",
    "subject.category": "承诺人类别",
    "subject.identifier": "承诺人代码",
    "commitment_type": "承诺类型",
    "reason": "承诺事由",
    "content": "承诺内容",
    "liability": "违诺责任",
    "made_on": "承诺作出日期",
    "valid_until": "承诺有效期",
    "fulfilment": "承诺履行状态",
    "unfulfilled": "未履行的承诺内容",
    "accountability": "违诺责任追究内容",
    "authority": "承诺受理单位",
    "authority_code": "承诺受理单位代码",
    "publication": "公开类型",
}
"""Field path → header of the export."""

_SEED = 20261125
_ROWS = 10
_TYPES = ("审批替代型", "主动型", "行业自律型", "信用修复型")
_KEPT = ("全部履行", "", "")
_BROKEN = ("部分履行", "材料补正逾期", "记入信用记录")


def make_rows(today: date) -> list[Row]:
    """Return the rows: a code that is too short, a broken one that does not say what was broken."""
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    authority_code = credit_code(generator, "11")
    rows = [_row(generator, number, today, authority_code) for number in range(_ROWS)]
    rows[1] = rows[1].changed("code", str(rows[1].values["code"])[:-1])
    rows[5] = rows[5].changed("unfulfilled", "")
    return rows


def write(target: Path, today: date) -> None:
    """Write the workbook to ``target``."""
    write_workbook(target, HEADERS, make_rows(today))


def _row(generator: random.Random, number: int, today: date, authority_code: str) -> Row:
    made = today - timedelta(days=1 + generator.randrange(25))
    fulfilment, unfulfilled, accountability = _BROKEN if number % 5 == 0 else _KEPT
    name = f"云溪县{generator.choice(PLACES)}汽车维修{number + 1:03d}有限公司"
    return Row(
        {
            "code": f"{REGION}{made:%Y%m%d}{number + 1:06d}",
            "subject.name": name,
            "subject.category": "法人及非法人组织",
            "subject.identifier": credit_code(generator, "91"),
            "commitment_type": _TYPES[number % len(_TYPES)],
            "reason": "道路运输经营许可",
            "content": "提交的材料真实、合法、有效。",
            "liability": "自愿接受依法处理并记入信用记录。",
            "made_on": made,
            "valid_until": "",
            "fulfilment": fulfilment,
            "unfulfilled": unfulfilled,
            "accountability": accountability,
            "authority": BUREAU,
            "authority_code": authority_code,
            "publication": "可向社会公开",
        }
    )
