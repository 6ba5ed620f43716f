import json
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.http.encoding import NotEncodableError, encode, fits
from xinqiao.adapters.http.exchange import BodyAs, Charset
from xinqiao.errors import SettingsError

TEXTS = st.dictionaries(
    st.text("abcdeXY", min_size=1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    min_size=1,
)
XML_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"))
)


def parts_of(body: bytes, content_type: str) -> list[Message]:
    whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = whole.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def raw(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


@given(TEXTS)
def test_a_form_is_read_back(fields: dict[str, str]) -> None:
    form, content_type = encode("form", fields)
    assert dict(parse_qsl(form.decode(), keep_blank_values=True)) == fields
    assert content_type == "application/x-www-form-urlencoded; charset=utf-8"


@given(TEXTS)
def test_multipart_is_read_back_and_the_same_bytes_every_time(fields: dict[str, str]) -> None:
    body, content_type = encode("multipart", fields)
    assert encode("multipart", dict(fields)) == (body, content_type)
    told = {
        str(part.get_param("name", header="content-disposition")): part
        for part in parts_of(body, content_type)
    }
    # the reader of mails writes every line's end its own way
    plain = {name: raw(part).decode().splitlines() for name, part in told.items()}
    assert plain == {name: text.splitlines() for name, text in fields.items()}


def test_other_content_has_another_boundary() -> None:
    assert encode("multipart", {"a": "1"})[1] != encode("multipart", {"a": "2"})[1]
    # what is a part's end and the next one's beginning makes a difference
    assert (
        encode("multipart", {"a": "1", "b": ""})[1] != encode("multipart", {"a": "", "b": "1"})[1]
    )


def test_a_file_part_has_a_name_and_holds_rows_as_json() -> None:
    rows = [{"XK_WSH": "鲁交许〔2026〕1号"}]
    value = {"batchNo": "B1", "file": {"filename": '批次"1".json', "content": rows}}
    body, content_type = encode("multipart", value)
    number, file = parts_of(body, content_type)
    assert raw(number) == b"B1"
    assert '; filename="批次%221%22.json"\r\nContent-Type: application/json\r\n'.encode() in body
    assert json.loads(raw(file)) == rows


def test_a_file_part_of_text_stands_as_it_is_in_its_character_set() -> None:
    value = {"file": {"filename": "a.txt", "content": "文书号"}}
    body, content_type = encode("multipart", value, "gbk")
    (file,) = parts_of(body, content_type)
    assert raw(file) == "文书号".encode("gbk")
    assert file.get_content_charset() == "gbk"


@given(XML_TEXT, st.sampled_from(["utf-8", "gb18030"]))
def test_xml_is_read_back_with_attributes_and_lists(text: str, charset: Charset) -> None:
    value = {"Root": {"@version": text, "Row": [{"Name": text or None}, {"Name": "b"}]}}
    body, content_type = encode("xml", value, charset)
    assert content_type == f"application/xml; charset={charset}"
    assert body.startswith(f'<?xml version="1.0" encoding="{charset}"?>'.encode())
    assert xmltodict.parse(body.decode(charset), encoding="utf-8") == value


@pytest.mark.parametrize("body_as", ["xml", "multipart", "form"])
def test_a_character_that_the_set_has_not_is_told_without_showing_it(body_as: BodyAs) -> None:
    value: dict[str, Any] = {"a": "许可㐀𠮷"}
    with pytest.raises(NotEncodableError) as raised:
        encode(body_as, value, "gbk")
    assert "𠮷" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert not fits(body_as, "𠮷", "gbk")
    assert fits(body_as, "𠮷", "gb18030")


def test_what_xml_may_not_hold_is_told() -> None:
    with pytest.raises(NotEncodableError):
        encode("xml", {"a": "x\x0by"})
    assert not fits("xml", "x\x0by", "utf-8")
    assert fits("json", "x\x0by", "gbk")


@pytest.mark.parametrize(
    ("body_as", "value", "told"),
    [
        ("form", ["a"], "一组表单项"),
        ("multipart", None, "一组表单项"),
        ("multipart", {"f": {"filename": "a"}}, "文件项 f 应写明 filename"),
        ("xml", {"a": 1, "b": 2}, "只有一个根元素"),
        ("xml", {}, "只有一个根元素"),
        ("xml", {"a b": "1"}, "不能用于 XML"),
    ],
)
def test_a_value_of_the_wrong_shape_is_a_mistake_of_the_profile(
    body_as: BodyAs, value: Any, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        encode(body_as, value)
