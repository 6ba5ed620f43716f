import json

import pytest

from xinqiao.errors import InputError
from xinqiao.records.keys import content_for_hash, document_key


@pytest.mark.parametrize(
    "number",
    [
        "源交许〔2026〕0001号",
        "源交许[2026]0001号",
        "源交许【2026】0001号",
        "源交许（2026）0001号",
        "源交许(2026)0001号",
        "源交许［2026］0001号",
        " 源交许 〔２０２６〕\u30000001 号",
    ],
)
def test_brackets_widths_and_blanks_make_no_other_key(number: str) -> None:
    content = {"authority_code": "11420000MB15291767", "document_number": number}
    assert document_key("permit", content) == "permit|11420000MB15291767|源交许[2026]0001号"


def test_other_numbers_are_other_keys() -> None:
    keys = {
        document_key("permit", {"authority_code": "A", "document_number": number})
        for number in ("源交许〔2026〕0001号", "源交许〔2026〕0010号", "源交许〔2025〕0001号")
    }
    assert len(keys) == 3


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"authority_code": "A"},
        {"document_number": "B"},
        {"authority_code": "A", "document_number": " "},
    ],
)
def test_without_all_parts_there_is_no_key(content: dict[str, str]) -> None:
    assert document_key("permit", content) is None


def test_unknown_kind_is_told() -> None:
    with pytest.raises(InputError, match=r"没有“permits”这种记录类型.*permit（行政许可）"):
        document_key("permits", {})


def test_hash_bytes_do_not_depend_on_the_order_of_fields() -> None:
    one = content_for_hash({"b": "二", "a": "一"})
    assert one == content_for_hash({"a": "一", "b": "二"}) == '{"a":"一","b":"二"}'.encode()
    assert json.loads(one) == {"a": "一", "b": "二"}


def test_hash_bytes_differ_with_any_difference() -> None:
    assert content_for_hash({"a": "一"}) != content_for_hash({"a": "一 "})
