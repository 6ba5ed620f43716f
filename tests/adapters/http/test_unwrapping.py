import json

import pytest

from xinqiao.adapters.http.calls import Unwrap
from xinqiao.adapters.http.exchange import HttpAnswer
from xinqiao.adapters.http.parsing import DEEPEST_XML
from xinqiao.adapters.http.reading import Body, read_body
from xinqiao.adapters.http.unwrapping import unwrap


def step(at: str, parsed_as: str) -> Unwrap:
    return Unwrap.model_validate({"at": at, "as": parsed_as})


def xml(text: str, charset: str = "utf-8", declared: str = "") -> HttpAnswer:
    return HttpAnswer(200, {"content-type": f"text/xml{declared}"}, text.encode(charset))


GATEWAY = (step("data", "json"), step("data.result", "xml"))


def test_xml_in_json_in_json_is_unpacked_layer_by_layer() -> None:
    inner = "<R><ROW><CODE>0040</CODE></ROW></R>"
    body = Body({"code": "200", "data": json.dumps({"result": inner})})
    told = unwrap(body, GATEWAY, ["ROW"])
    assert told.value == {"code": "200", "data": {"result": {"R": {"ROW": [{"CODE": "0040"}]}}}}
    assert told.problem == ""


def test_json_that_was_escaped_twice_is_unpacked_at_the_root() -> None:
    body = Body(json.dumps(json.dumps({"a": 1})))
    assert unwrap(body, (step("", "json"), step("", "json"))).value == {"a": 1}


@pytest.mark.parametrize("data", [None, "", "  ", 5, ["x"], {"other": 1}])
def test_a_place_without_a_text_stays_as_it_is(data: object) -> None:
    told = unwrap(Body({"code": "500", "data": data}), GATEWAY)
    assert (told.value, told.problem) == ({"code": "500", "data": data}, "")


@pytest.mark.parametrize(
    "result", ["<R><ROW>", "plain", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
)
def test_a_text_that_does_not_parse_is_a_problem_that_rules_see(result: str) -> None:
    told = unwrap(Body({"data": json.dumps({"result": result})}), GATEWAY)
    assert told.problem == "not_unwrapped"
    assert told.value == {"data": {"result": result}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<a><b>", "cut_off"),
        ("<a><b", "cut_off"),
        ("<a></b>", "not_xml"),
        ("<a/>x", "not_xml"),
        ("x", "not_xml"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "not_xml"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&b;</a>', "not_xml"),
        ("<a>" * (DEEPEST_XML + 1) + "</a>" * (DEEPEST_XML + 1), "not_xml"),
        ("<html><body/></html>", "html"),
    ],
)
def test_an_answer_that_is_no_sound_xml_has_a_name(text: str, problem: str) -> None:
    read = read_body(xml(text), "xml")
    assert (read.value, read.problem) == (None, problem)


def test_xml_as_deep_as_allowed_is_read() -> None:
    assert read_body(xml("<a>" * DEEPEST_XML + "</a>" * DEEPEST_XML), "xml").problem == ""


def test_an_element_is_a_list_where_the_profile_says_so() -> None:
    assert read_body(xml("<D><ROW>1</ROW></D>"), "xml").value == {"D": {"ROW": "1"}}
    assert read_body(xml("<D><ROW>1</ROW></D>"), "xml", None, ["ROW"]).value == {
        "D": {"ROW": ["1"]}
    }


TEXT = '<?xml version="1.0" encoding="GBK"?><A 说明="x">主体不存在</A>'


def test_gbk_is_read_when_xml_declares_it() -> None:
    assert read_body(xml(TEXT, "gbk"), "xml").value == {"A": {"@说明": "x", "#text": "主体不存在"}}


def test_gbk_that_nothing_declares_is_read_only_when_the_profile_says_so() -> None:
    answer = HttpAnswer(200, {}, '{"message":"主体不存在"}'.encode("gbk"))
    assert read_body(answer).problem == "wrong_encoding"
    assert read_body(answer, "json", "gbk").value == {"message": "主体不存在"}


def test_utf8_is_read_though_the_profile_says_gbk() -> None:
    answer = HttpAnswer(200, {}, '{"message":"主体不存在"}'.encode())
    assert read_body(answer, "json", "gbk").value == {"message": "主体不存在"}


def test_bytes_of_no_encoding_stay_a_problem_whatever_the_profile_says() -> None:
    answer = HttpAnswer(200, {}, b'{"a":"\xff\xff"}')
    assert read_body(answer, "json", "gbk").problem == "wrong_encoding"


def test_a_plain_text_is_the_body() -> None:
    assert read_body(HttpAnswer(200, {}, b"SUCCESS"), "text").value == "SUCCESS"
