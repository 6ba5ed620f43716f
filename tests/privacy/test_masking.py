"""Masking: no identity number gets through, and what is no identity number does."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.cn import ric

from xinqiao.privacy.masking import MASK, mask_identity_numbers

NUMBER = "370323190501010018"
NUMBER_X = "37032319050101000X"
OLD_NUMBER = "370323050101001"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Draw numbers with a right check digit, of people who can no longer be alive."""
    birth = draw(st.dates(date(1900, 1, 1), date(1910, 12, 31)))
    order = draw(st.integers(0, 999))
    body = f"370323{birth:%Y%m%d}{order:03}"
    return body + ric.calc_check_digit(body + "0")


SURROUNDINGS = st.text(st.characters(codec="utf-8")) | st.text("0123456789Xx -,年号a证")


def masks_to(text: str, expected: str) -> bool:
    return mask_identity_numbers(text) == expected.replace("*", MASK)


@given(SURROUNDINGS, identity_numbers(), SURROUNDINGS)
@example("a" * 32, NUMBER, "")
@example("13800138000", NUMBER, "13800138000")
@example("", NUMBER, "X")
def test_no_identity_number_survives_in_any_text(before: str, number: str, after: str) -> None:
    masked = mask_identity_numbers(before + number + after)
    assert number not in masked
    assert MASK in masked


@given(identity_numbers(), st.sampled_from("年号aZ证（,。\n\t _"))
def test_full_width_small_x_and_fifteen_digit_numbers_are_masked_beside_anything(
    number: str, beside: str
) -> None:
    forms = number.translate(WIDE), number.lower(), number[:6] + number[8:17]
    for form in forms:
        assert masks_to(f"{beside}{form}{beside}", f"{beside}*{beside}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NUMBER, "*"),
        (NUMBER_X, "*"),
        (NUMBER_X.lower(), "*"),
        (OLD_NUMBER, "*"),
        (f"持证人张三身份证{NUMBER}，电话13853300000", "持证人张三身份证*，电话13853300000"),
        (f"{NUMBER}、{NUMBER_X}和{OLD_NUMBER}", "*、*和*"),
        (f"{NUMBER}{NUMBER_X}", "**"),
        (f"ID{NUMBER}", "ID*"),
        (f"sfz{OLD_NUMBER}abc", "sfz*abc"),
        (f"_{NUMBER}_", "_*_"),
        (f"{NUMBER}号", "*号"),
        (f"号码：{NUMBER.translate(WIDE)}。", "号码：*。"),
        (f"{NUMBER[:14]}{NUMBER[14:].translate(WIDE)}", "*"),
        (f"㎏{NUMBER}㎏", "㎏*㎏"),
        (f"37032320261004000007{NUMBER}", "*07*"),
        (f"37032320261004000007、{NUMBER}", "37032320261004000007、*"),
        ("37032319060504000007", "*07"),
        ("370323 19050101 0018", "*"),
        ("370323-19050101-0018", "*"),
        ("37032319050101 0018", "*"),
        (f"1{NUMBER}", "1*"),
        (f"{NUMBER}1", "*1"),
        ("370323190501010010", "*"),
        ('{"sfz":"370323190501010018"}', '{"sfz":"*"}'),
    ],
)
def test_identity_numbers_are_masked_and_nothing_else(text: str, expected: str) -> None:
    """The last but one has a wrong check digit: a slip of the pen does not make it public."""
    assert masks_to(text, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有号码",
        "91370323MAN780RD7T",
        "统一社会信用代码91370323MAN780RD7T",
        "913703231234567890",
        "00000000000000000X",
        "源交许〔2026〕0001号",
        "13853300000",
        "0533-3241234",
        "+86 138 5330 0000",
        "罚款2000000.00元，大写贰佰万元整",
        "123456789012345678901234567890",
        "370323-20261120-0001",
        "2026-11-20T02:00:00.123456+00:00",
        "20261120100000123456",
        "1795140000.123456",
        "9f86d081884c7d370323050101001b822cd15d6c15b0f00a08",
        "37032319051301001",
        "37032320261004000007",
        "承诺编码37032320261119000007，承诺人",
        "370323190513010018",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert mask_identity_numbers(text) == text


@given(SURROUNDINGS)
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_identity_numbers(f"{text}{NUMBER}{text}")
    assert mask_identity_numbers(once) == once
