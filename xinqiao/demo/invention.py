"""Invented people and firms for the samples; nobody of them exists.

云溪县 does not exist, and the years of birth in identity numbers (1901-1909) belong to nobody
alive; check digits are right unless a row is meant to be wrong.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stdnum.cn import ric, uscc

from xinqiao.records.identifiers import organisation_check_character

BUREAU = "云溪县交通运输局"
REGION = "370323"

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PLACES = ("青石", "柳泉", "云台", "龙湾", "松岭", "白杨", "石桥", "东坪", "清河", "南塘")
FAMILY_NAMES = "云溪松柏竹梅兰菊荷桂"
GIVEN_NAMES = ("试一", "试二", "样三", "样四", "例五", "例六", "示七", "示八", "演九", "演十")

Value = str | float | date
"""What a cell of a sample holds."""

SPELLINGS: tuple[Callable[[date], Value], ...] = (
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day.year}-{day.month}-{day.day}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day:%Y%m%d}",
    lambda day: day,
)
"""Ways in which offices write one date."""


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
    number = prefix + REGION + body + organisation_check_character(body)
    # the check character of an organisation code is a digit or X, both in the alphabet
    return number + uscc.calc_check_digit(number)


def identity_number(generator: random.Random) -> str:
    """Return an invented 公民身份号码 with a right check digit and a birth in 1901-1909."""
    birth = date(1901, 1, 1) + timedelta(days=generator.randrange(9 * 365))
    body = f"{REGION}{birth:%Y%m%d}{generator.randrange(1000):03d}"
    return body + ric.calc_check_digit(body + "0")


def subject(generator: random.Random, number: int, trade: str) -> dict[str, Value]:
    """Return an invented subject; every third is a natural person, every third a sole trader."""
    person = generator.choice(FAMILY_NAMES) + generator.choice(GIVEN_NAMES)
    place = generator.choice(PLACES)
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


def with_wrong_check(code: str) -> str:
    """Return ``code`` with another check character."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")
