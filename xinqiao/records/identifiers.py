"""Identifier numbers and their check digits: what can be said about a number without a register.

Nothing is normalised here: a blank or a lower-case letter is an error, because the platform that
receives the value would see it. Cleaning belongs to intake.

Sources: GB 32100-2015 (统一社会信用代码), GB 11714-1997 (组织机构代码), GB 11643-1999
(公民身份号码).
"""

import re
from datetime import date
from functools import lru_cache

from stdnum import numdb
from stdnum.cn import ric, uscc

from xinqiao.records.findings import Finding, Severity

PLACEHOLDER_CREDIT_CODE = "0" * 17 + "X"
"""Code that offices write when a unit has none; its check digit is wrong on purpose."""

CREDIT_CODE_LENGTH = 18
IDENTITY_NUMBER_LENGTH = 18
OLD_IDENTITY_NUMBER_LENGTH = 15
ORGANISATION_CODE_LENGTH = 9

# position 1 may be a letter (A, N, Y …): rural collectives and others, which python-stdnum refuses
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ORGANISATION_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_NUMBER = re.compile(r"[0-9]{17}[0-9X]")
_OLD_IDENTITY_NUMBER = re.compile(r"[0-9]{15}")


@lru_cache(maxsize=1024)  # the authority's code stands in every row
def check_credit_code(value: str, field: str) -> tuple[Finding, ...]:
    """Check a 统一社会信用代码 (GB 32100-2015) of the field at path ``field``.

    The code's inner organisation code is tested too, but a failure there is only a warning: the
    standard derives one from the other, registers may not.
    """
    if value == PLACEHOLDER_CREDIT_CODE:
        message = "统一社会信用代码是占位代码（17 个 0 加 X），请核实该单位是否确无代码"
        return (Finding(field, "placeholder", Severity.WARNING, message),)
    if len(value) != CREDIT_CODE_LENGTH:
        return (_wrong_length(field, "统一社会信用代码", CREDIT_CODE_LENGTH, len(value)),)
    if not _CREDIT_CODE.fullmatch(value):
        message = (
            "统一社会信用代码只能由数字和大写字母组成（不含 I、O、S、V、Z），"
            "且第 3 至 8 位为数字，请核对"
        )
        return (Finding(field, "format", Severity.ERROR, message),)
    if uscc.calc_check_digit(value[:-1]) != value[-1]:
        message = "统一社会信用代码校验位不符，可能录错了某一位，请对照营业执照核对"
        return (Finding(field, "check_digit", Severity.ERROR, message),)
    if organisation_check_character(value[8:16]) != value[16]:
        message = "统一社会信用代码中的组织机构代码（第 9 至 17 位）校验位不符，请核对"
        return (Finding(field, "inner_check_digit", Severity.WARNING, message),)
    return ()


def organisation_check_character(body: str) -> str:
    """Return the check character of the 8-character ``body`` of an organisation code (GB 11714)."""
    total = sum(
        int(character, 36) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def check_organisation_code(value: str, field: str) -> tuple[Finding, ...]:
    """Check a 组织机构代码 written as 9 characters without a hyphen (GB 11714)."""
    if len(value) != ORGANISATION_CODE_LENGTH:
        return (_wrong_length(field, "组织机构代码", ORGANISATION_CODE_LENGTH, len(value)),)
    if not _ORGANISATION_CODE.fullmatch(value):
        message = "组织机构代码只能由数字和大写字母组成，请核对"
        return (Finding(field, "format", Severity.ERROR, message),)
    if organisation_check_character(value[:-1]) != value[-1]:
        message = "组织机构代码校验位不符，可能录错了某一位，请核对"
        return (Finding(field, "check_digit", Severity.ERROR, message),)
    return ()


def check_identity_number(value: str, field: str, today: date) -> tuple[Finding, ...]:
    """Check a 公民身份号码 (GB 11643-1999); no message holds the number or a part of it.

    An unknown region is only a warning: regions are renamed and no table is complete. Whether the
    region existed in the year of birth is not asked, since valid numbers fail that question.
    """
    if len(value) != IDENTITY_NUMBER_LENGTH:
        return (_wrong_length(field, "身份证号码", IDENTITY_NUMBER_LENGTH, len(value)),)
    if not _IDENTITY_NUMBER.fullmatch(value):
        message = "身份证号码应为 17 位数字加 1 位数字或大写 X，请核对"
        return (Finding(field, "format", Severity.ERROR, message),)
    if ric.calc_check_digit(value) != value[-1]:
        message = "身份证号码校验位不符，可能录错了某一位，请对照证件核对"
        return (Finding(field, "check_digit", Severity.ERROR, message),)
    birth = _birth_date(value)
    if birth is None or birth > today:
        message = "身份证号码中的出生日期不存在或晚于今天，请对照证件核对"
        return (Finding(field, "birth_date", Severity.ERROR, message),)
    if not _region_is_known(value[:6]):
        message = "身份证号码前 6 位不是已知的行政区划代码，请对照证件核对"
        return (Finding(field, "region", Severity.WARNING, message),)
    return ()


def is_identity_number(value: str) -> bool:
    """Return whether ``value`` has the pattern, the check digit and a real date of birth."""
    return identity_check_digit_holds(value) and _birth_date(value) is not None


def identity_check_digit_holds(value: str) -> bool:
    """Return whether ``value`` has the pattern and check digit of a 公民身份号码."""
    return bool(_IDENTITY_NUMBER.fullmatch(value)) and ric.calc_check_digit(value) == value[-1]


def upgrade_identity_number(value: str) -> str | None:
    """Return the 18-digit form of a 15-digit number issued before 1999-10-01 (GB 11643-1999).

    None when ``value`` is not 15 digits with a real date.
    """
    if not _OLD_IDENTITY_NUMBER.fullmatch(value):
        return None
    body = f"{value[:6]}19{value[6:]}"
    upgraded = body + ric.calc_check_digit(body + "0")
    return upgraded if _birth_date(upgraded) is not None else None


def _birth_date(value: str) -> date | None:
    try:
        return date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _region_is_known(region: str) -> bool:
    parts = numdb.get("cn/loc").info(region)
    return any("county" in properties for _, properties in parts)


def _wrong_length(field: str, name: str, expected: int, actual: int) -> Finding:
    message = f"{name}应为 {expected} 位，现为 {actual} 位，请核对"
    return Finding(field, "length", Severity.ERROR, message)
