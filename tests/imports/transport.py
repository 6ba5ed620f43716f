"""Rows of drivers and operators as their registers export them; all invented."""

from typing import Any

from stdnum.cn import ric, uscc

from tests.imports.books import Row
from xinqiao.records.identifiers import organisation_check_character

NAME = "姓名"
CERTIFICATE = "证件号码"
QUALIFICATION = "从业资格证号"
CYCLE = "考核周期起"
POINTS = "累计计分"
CODE = "统一社会信用代码"


def identity_number(number: int) -> str:
    """Return the ``number``-th identity number with a right check digit; nobody was born so."""
    body = f"370323{1900 + number % 11}{1 + number % 12:02}{1 + number % 28:02}{number % 1000:03}"
    return body + ric.calc_check_digit(f"{body}0")


def credit_code(number: int) -> str:
    """Return the ``number``-th 统一社会信用代码 of the county with right check digits."""
    body = f"MA0{number:05}"
    whole = f"91370323{body}{organisation_check_character(body)}"
    return whole + uscc.calc_check_digit(whole)


def misspelled(number: str) -> str:
    """Return ``number`` with one wrong digit, so that its check digit does not hold."""
    return f"{number[:-2]}{(int(number[-2]) + 1) % 10}{number[-1]}"


def driver(number: str, name: str = "溪样三", **changes: Any) -> Row:
    """Return the row of a driver's assessment."""
    row: Row = {
        NAME: name,
        "证件类型": "身份证",
        CERTIFICATE: number,
        QUALIFICATION: number,
        "初次领证日期": "2015-11-03",
        CYCLE: "2025-11-03",
        "考核周期止": "2026-11-02",
        "考核日期": "2026-11-07",
        POINTS: 3,
        "诚信等级": "AAA",
    }
    return {**row, **changes}


def assessed(code: str, name: str = "沂源县示例一号维修有限公司", **changes: Any) -> Row:
    """Return the row of a repair shop's quality assessment."""
    row: Row = {
        "业户名称": name,
        CODE: code,
        "考核对象": "机动车维修",
        "考核年度": "2025",
        "考核日期": "2026-04-26",
        "考核机构": "云溪县交通运输局",
        "考核分值": 748.0,
        "考核等级": "A",
        "依据文件": "交公路发〔2006〕719号",
    }
    return {**row, **changes}
