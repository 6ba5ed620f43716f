"""Makes the sample penalties of the demonstration: ``python -m xinqiao.demo.make_penalties``.

Shaped like a case system's export: a title over the table, old spellings of headers, a column for
the case procedure. The same file comes out every time.
"""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

from xlsxwriter import Workbook

from xinqiao.demo.invention import BUREAU, SPELLINGS, Row, Value, credit_code, subject

TARGET = Path(__file__).with_name("penalties.xlsx")
"""Where the workbook is written."""

HEADERS = {
    "case_procedure": "案件程序",
    "subject.name": "行政相对人名称",
    "subject.category": "行政相对人类别",
    "subject.unified_social_credit_code": "行政相对人代码_1 （统一社会信用代码）",
    "subject.legal_representative": "法定代表人",
    "subject.legal_representative_certificate_number": "法定代表人身份证号",
    "subject.certificate_type": "证件类型",
    "subject.certificate_number": "证件号码",
    "document_number": "行政处罚决定书文号",
    "violation_kind": "违法行为类型",
    "violation_facts": "违法事实",
    "legal_basis": "处罚依据",
    "penalty_kinds": "处罚类别",
    "content": "处罚内容",
    "fine_amount": "罚款金额(万元)",
    "confiscated_amount": "没收违法所得、没收非法财务的金额（万元）",
    "licence_affected": "暂扣或吊销证照名称及编号",
    "decision_date": "处罚决定日期",
    "valid_until": "处罚有效期",
    "publicity_until": "公示截止期",
    "authority": "处罚机关",
    "authority_code": "处罚机关统一社会信用代码",
    "source_unit": "数据来源单位",
    "source_unit_code": "数据来源单位统一社会信用代码",
    "remarks": "备注",
}
"""Field path → header of the export."""

_SEED = 20261121
_ROWS = 24
_FIRST = date(2026, 10, 19)
_LAST = date(2026, 11, 20)
_TITLE = "云溪县交通运输局行政处罚案件台账（2026年）"
_OFFENCES = (
    ("车辆超限运输", "《公路安全保护条例》第六十四条"),
    ("未按规定维护和检测运输车辆", "《中华人民共和国道路运输条例》第七十条"),
    ("未取得道路货物运输经营许可擅自从事经营", "《中华人民共和国道路运输条例》第六十三条"),
)
_KINDS: tuple[dict[str, Value], ...] = (
    {"penalty_kinds": "罚款", "content": "罚款2000元", "fine_amount": 0.2},
    {"penalty_kinds": "警告", "content": "警告"},
    {
        "penalty_kinds": "罚款、没收违法所得",
        "content": "罚款5000元，没收违法所得1234.56元",
        "fine_amount": 0.5,
        "confiscated_amount": 0.123456,
    },
    {
        "penalty_kinds": "暂扣或者吊销许可证、暂扣或者吊销执照",
        "content": "暂扣道路运输证",
        "licence_affected": "道路运输证 云交运管字000001号",
    },
    {"penalty_kinds": "通报批评", "content": "通报批评"},
)


def make_rows() -> list[Row]:
    """Return the rows of the sample.

    Two are by simplified procedure, two name one document, three are wrong: an amount with its
    unit, a fine without amount, no legal basis; one subject is not known to the platform.
    """
    generator = random.Random(_SEED)  # noqa: S311 - invented data, not secrets
    bureau_code = credit_code(generator, "11")
    rows = [_row(generator, number, bureau_code) for number in range(_ROWS)]
    for number in (4, 13):
        rows[number] = rows[number].changed("case_procedure", "简易程序")
    rows[5] = rows[5].changed("fine_amount", "2000元")
    rows[10] = rows[10].changed("fine_amount", "")
    rows[16] = rows[16].changed("legal_basis", "")
    rows[21] = rows[21].changed("subject.name", f"{rows[21].values['subject.name']}（未登记）")
    # 共同违法: the driver and the firm, under one document number
    shared = {path: rows[7].values[path] for path in ("document_number", "decision_date")}
    for path, value in shared.items():
        rows[8] = rows[8].changed(path, value)
    return rows


def write(target: Path) -> None:
    """Write the workbook to ``target``."""
    with Workbook(target, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2026, 11, 20)})  # noqa: DTZ001 - Excel has no zones
        sheet = workbook.add_worksheet("Sheet1")
        bold = workbook.add_format({"bold": True, "align": "center"})
        day_format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, len(HEADERS) - 1, _TITLE, bold)
        for column, header in enumerate(HEADERS.values()):
            sheet.write_string(1, column, header, bold)
        sheet.freeze_panes(2, 2)
        sheet.set_column(0, len(HEADERS) - 1, 20)
        for number, row in enumerate(make_rows(), start=2):
            for column, path in enumerate(HEADERS):
                value = row.values.get(path, "")
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day_format)
                elif isinstance(value, float):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, value)


def _row(generator: random.Random, number: int, bureau_code: str) -> Row:
    offence, basis = _OFFENCES[number % len(_OFFENCES)]
    decided = _FIRST + timedelta(days=generator.randrange((_LAST - _FIRST).days + 1))
    person = {
        path: value
        for path, value in subject(generator, number, "货物运输").items()
        if path in HEADERS
    }
    return Row(
        {
            "case_procedure": "普通程序",
            **person,
            "document_number": f"云交罚〔2026〕{number + 1:04d}号",
            "violation_kind": offence,
            "violation_facts": f"当事人在云溪县境内{offence}。",
            "legal_basis": basis,
            **_KINDS[number % len(_KINDS)],
            "decision_date": SPELLINGS[number % len(SPELLINGS)](decided),
            "valid_until": "2099/12/31",
            "publicity_until": decided.replace(year=decided.year + 1),
            "authority": BUREAU,
            "authority_code": bureau_code,
            "source_unit": BUREAU,
            "source_unit_code": bureau_code,
        }
    )


if __name__ == "__main__":
    write(TARGET)
