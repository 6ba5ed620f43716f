import pytest

from xinqiao.simulator.rules import load_rules, refusal

RULES = load_rules("credit_shandong").resources["permit"]
GOOD = {
    "XK_XDR_MC": "沂源县青山运输有限公司",
    "XK_XDR_LB": "个体工商户",
    "XK_WSH": "沂交许〔2026〕1号",
    "XK_XKLB": "普通",
    "XK_NR": "道路货物运输经营",
    "XK_JDRQ": "2026/11/02",
    "XK_ZT": "1",
}


def test_a_sound_row_is_not_refused() -> None:
    assert refusal(RULES, "insert", GOOD) == ("", "")


@pytest.mark.parametrize("name", ["XK_XDR_MC", "XK_WSH", "XK_JDRQ", "XK_XKLB", "XK_NR"])
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_or_missing_required_field_is_1002(name: str, empty: str | None) -> None:
    row = {**GOOD, name: empty or ""}
    if empty is None:
        del row[name]
    assert refusal(RULES, "insert", row) == ("1002", name)


@pytest.mark.parametrize("name", ["XK_JDRQ", "XK_YXQZ", "XK_YXQZI"])
@pytest.mark.parametrize(
    "text", ["2026-11-02", "2026/11/2", "2026/02/30", "20261102", "2026/11/02 ", "２０２６/11/02"]
)
def test_a_date_of_another_form_is_1003(name: str, text: str) -> None:
    assert refusal(RULES, "insert", {**GOOD, name: text}) == ("1003", name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("XK_XDR_LB", "企业"),
        ("XK_XKLB", "01"),
        ("XK_XKLB", "其他-"),
        ("XK_XKLB", "普通-备案"),
        ("XK_ZT", "0"),
        ("XK_ZT", "有效"),
    ],
)
def test_a_word_outside_of_the_list_is_1003(name: str, text: str) -> None:
    assert refusal(RULES, "insert", {**GOOD, name: text}) == ("1003", name)


@pytest.mark.parametrize("text", ["特许", "认可", "核准", "登记", "其他", "其他-备案"])
def test_the_words_for_permit_classes_are_good(text: str) -> None:
    assert refusal(RULES, "insert", {**GOOD, "XK_XKLB": text}) == ("", "")


def test_a_withdrawal_that_says_valid_is_1003() -> None:
    assert refusal(RULES, "withdraw", GOOD) == ("1003", "XK_ZT")
    assert refusal(RULES, "withdraw", {**GOOD, "XK_ZT": "2"}) == ("", "")
