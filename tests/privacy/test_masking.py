"""Identity numbers do not survive in any text; other numbers do."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.privacy.masking import MASK, mask_identity_numbers

births = st.dates(min_value=date(1850, 1, 1), max_value=date(2030, 12, 31))
digits = st.integers(min_value=0, max_value=999).map("{:03}".format)
numbers = st.builds(
    lambda region, birth, order, check: f"{region}{birth:%Y%m%d}{order}{check}",
    st.integers(min_value=110000, max_value=659999).map(str),
    births,
    digits,
    st.sampled_from("0123456789Xx"),
)
around = st.text(alphabet="身份证号：，。 的是（）“”、公司名称=:'\"\n/-_abcXYZ", max_size=12)


@given(around, numbers, around)
def test_no_identity_number_survives_whatever_stands_around_it(
    before: str, number: str, after: str
) -> None:
    assert number not in mask_identity_numbers(f"{before}{number}{after}")


@pytest.mark.parametrize(
    "text",
    [
        "证件号码370323190806133086格式错误",
        "37032319031103369x",
        "370323680806123",
        "３７０３２３１９０８０６１３３０８６",
        "a370323190806133086b",
        "370323190806133086，370323190705159673",
    ],
)
def test_numbers_in_running_text_are_masked(text: str) -> None:
    masked = mask_identity_numbers(text)
    assert MASK in masked
    assert not any(part in masked for part in ("370323", "３７０３２３"))


@pytest.mark.parametrize(
    "text",
    [
        "91370323MAN780RD7T",
        "源交许〔2026〕0001号",
        "13800001234",
        "鲁交运管许可淄字370323000001号",
        "2026-11-20T10:00:00.123456+08:00",
        "罚款 20000000.000001 万元",
        "XQ21bfcba2c0d04c169f3dfdaacda70bd6",
        "",
    ],
)
def test_other_numbers_stay_as_they_are(text: str) -> None:
    assert mask_identity_numbers(text) == text
