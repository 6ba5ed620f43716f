import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.http.page_text import PageText

NUMBER = "鲁交许〔2026〕1号"


@pytest.mark.parametrize(
    "page",
    [
        "<td>鲁交许〔2026〕1号</td>",
        "<td>鲁交许[2026]1号</td>",
        "<td> 鲁交许（2026）1&nbsp;号\n</td>",
        "<td>鲁交许&#12308;2026&#x3015;1号</td>",
        "<td>鲁交许〔<em>2026</em>〕<span>1</span>号</td>",
        "<p>文书号：鲁交许〔2026〕1号，有效</p>",
        '{"no":"鲁交许〔2026〕1号"}',
        "<td>鲁交许〔2026〕1号之一</td><td>鲁交许〔2026〕1号</td>",
    ],
)
def test_a_number_is_found_however_the_page_writes_it(page: str) -> None:
    text = PageText(page)
    assert text.shows(NUMBER)
    assert text.may_hold(NUMBER, "")


@pytest.mark.parametrize(
    "page",
    [
        "<td>市鲁交许〔2026〕1号</td>",
        "<td>鲁交许〔2026〕1号之一</td>",
        "<td>鲁交许〔2026〕1号-2</td>",
        "<script>var a = '鲁交许〔2026〕1号'</script>",
        '<input value="鲁交许〔2026〕1号">',
        "<!-- 鲁交许〔2026〕1号 -->",
        "<title>鲁交许〔2026〕1号</title>",
        "<div hidden>鲁交许〔2026〕1号</div>",
        '<div style="color:red; Display : None">鲁交许〔2026〕1号</div>',
        '<p style="visibility:hidden">鲁交许〔2026〕1号</p>',
        '<ul class="list layui-hide"><li>鲁交许〔2026〕1号</li></ul>',
        "<div hidden><div>甲</div><br>鲁交许〔2026〕1号</div>",
        "<div hidden/>鲁交许〔2026〕1号",
        "<p hidden>没有收尾<b>鲁交许〔2026〕1号</b>",
        "<textarea>鲁交许〔2026〕1号</textarea>",
    ],
)
def test_a_number_that_a_person_does_not_see_alone_is_neither_shown_nor_gone(page: str) -> None:
    text = PageText(page)
    assert not text.shows(NUMBER)
    assert text.may_hold(NUMBER, "")


@pytest.mark.parametrize(
    "page", ["<td>鲁交许〔2026〕11号</td>", "<td>鲁交许〔2026〕</td><td>2号</td>", ""]
)
def test_another_number_is_not_this_one(page: str) -> None:
    text = PageText(page)
    assert not text.shows(NUMBER)
    assert not text.may_hold(NUMBER, "")


def test_digits_are_not_found_inside_longer_digits() -> None:
    assert not PageText("<td>20260011</td>").shows("2026001")
    assert PageText("<td>2026001</td><td>1</td>").shows("2026001")


def test_values_count_only_near_the_number() -> None:
    page = f"<tr><td>{NUMBER}</td><td>沂源测试汽修厂</td></tr><p>{'页' * 400}</p><td>注销</td>"
    text = PageText(page)
    assert text.shows(NUMBER, ("沂源测试汽修厂",), 300)
    assert not text.shows(NUMBER, ("沂源测试汽修厂", "注销"), 300)
    assert text.shows(NUMBER, ("沂源测试汽修厂", "注销"), 500)


def test_the_number_of_one_row_and_the_value_of_another_are_told_apart_by_distance() -> None:
    rows = f"<td>{NUMBER}</td><td>甲</td>" + "<td>x</td>" * 50 + "<td>乙</td>"
    assert not PageText(rows).shows(NUMBER, ("乙",), 20)


@given(st.text(), st.text(min_size=1))
def test_what_is_shown_may_be_held_too(page: str, number: str) -> None:
    text = PageText(page)
    assert text.may_hold(number, "") or not text.shows(number)


def test_an_empty_number_is_never_shown_and_never_gone() -> None:
    assert not PageText("<td></td>").shows(" ")
    assert PageText("<td></td>").may_hold(" ", "")


def test_a_page_says_what_is_seen_and_not_what_is_hidden() -> None:
    page = PageText("<h1>行政许可 公示</h1><script>没有找到</script>")
    assert page.says("行政许可公示")
    assert not page.says("没有找到")


def test_what_follows_a_hidden_element_is_seen() -> None:
    page = PageText(f"<div hidden><div>甲</div><br></div><input hidden><td>{NUMBER}</td>")
    assert page.shows(NUMBER)
    assert not page.says("甲")


def test_a_sentence_that_repeats_the_number_is_left_aside_and_nothing_else() -> None:
    sentence = f"没有找到与“{NUMBER}”有关的记录"
    told = f"<p>没有找到与“<b>{NUMBER}</b>”有关的记录</p>"
    assert not PageText(told).may_hold(NUMBER, sentence)
    for rest in (f"<td>{NUMBER}</td>", f"<i hidden>{NUMBER}</i>", f"<a href='{NUMBER}'>甲</a>"):
        assert PageText(told + rest).may_hold(NUMBER, sentence)
