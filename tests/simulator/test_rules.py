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


PENALTIES = load_rules("credit_shandong").resources["penalty"]
FINE = {
    "CF_XDR_MC": "沂源县青山运输有限公司",
    "CF_XDR_LB": "法人及非法人组织",
    "CF_WSH": "沂交罚〔2026〕1号",
    "CF_WFXW": "车辆超限运输",
    "CF_SY": "车辆超限运输。",
    "CF_YJ": "《公路安全保护条例》第六十四条",
    "CF_CFLB": "警告；罚款",
    "CF_NR": "警告，罚款2000元",
    "CF_NR_FK": "0.200000",
    "CF_JDRQ": "2026/11/02",
    "CF_YXQ": "2099/12/31",
    "CF_CFJG": "沂源县交通运输局",
}


def test_a_sound_penalty_is_not_refused_by_any_operation() -> None:
    for operation in ("insert", "update", "withdraw"):
        assert refusal(PENALTIES, operation, FINE) == ("", "")


@pytest.mark.parametrize("name", [name for name in FINE if name != "CF_NR_FK"])
def test_an_empty_required_field_of_a_penalty_is_1002(name: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, name: ""}) == ("1002", name)


@pytest.mark.parametrize("name", ["CF_NR_FK", "CF_NR_WFFF"])
@pytest.mark.parametrize("text", ["2000元", "0.2000001", "-1", "1e3", "0,2", ".5", "1234567890123"])
def test_an_amount_of_another_form_is_1003(name: str, text: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, name: text}) == ("1003", name)


@pytest.mark.parametrize("text", ["0", "0.2", "12.345678", "123456789012.000001"])
def test_an_amount_with_at_most_six_decimals_is_good(text: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, "CF_NR_FK": text}) == ("", "")


@pytest.mark.parametrize("name", ["CF_JDRQ", "CF_YXQ", "CF_GSJZQ"])
def test_a_date_of_a_penalty_of_another_form_is_1003(name: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, name: "2026-11-02"}) == ("1003", name)


@pytest.mark.parametrize(
    ("kinds", "name"),
    [
        ("罚款", "CF_NR_FK"),
        ("没收违法所得、没收非法财物", "CF_NR_WFFF"),
        ("警告；没收违法所得、没收非法财物", "CF_NR_WFFF"),
        ("暂扣或者吊销许可证、暂扣或者吊销执照", "CF_NR_ZKDX"),
    ],
)
def test_a_kind_of_penalty_asks_for_its_field(kinds: str, name: str) -> None:
    asked = {**FINE, "CF_NR_FK": "", "CF_CFLB": kinds}
    assert refusal(PENALTIES, "insert", asked) == ("1002", name)
    assert refusal(PENALTIES, "insert", {**asked, name: "1"}) == ("", "")


@pytest.mark.parametrize("kinds", ["警告、罚款", "警告；", "警告;罚款", "没收违法所得", "其他-"])
def test_kinds_of_penalty_outside_of_the_list_are_1003(kinds: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, "CF_CFLB": kinds}) == ("1003", "CF_CFLB")


@pytest.mark.parametrize("kinds", ["责令停产停业", "行政拘留", "其他-通报批评", "警告；其他-补种"])
def test_other_kinds_of_penalty_ask_for_no_amount(kinds: str) -> None:
    assert refusal(PENALTIES, "insert", {**FINE, "CF_NR_FK": "", "CF_CFLB": kinds}) == ("", "")
