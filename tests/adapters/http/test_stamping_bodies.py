"""What belongs to one attempt is put into bodies of every kind that has room for it."""

from email import message_from_bytes
from typing import Any

import pytest

from xinqiao.adapters.http.calls import Submit
from xinqiao.adapters.http.exchange import HttpRequest
from xinqiao.adapters.http.rendering import render
from xinqiao.adapters.http.stamping import Place, stamp
from xinqiao.errors import SettingsError


def rendered(**changes: Any) -> HttpRequest:
    answers = [{"when": "body", "means": "received"}]
    values = {"source": "x", "method": "POST", "path": "/x", "answers": answers} | changes
    return render(Submit.model_validate(values), {"name": "沂源"})


def test_a_token_becomes_a_text_part_of_multipart_under_a_boundary_of_its_own() -> None:
    request = rendered(body_as="multipart", charset="gbk", body="{name: name}")
    stamped = stamp(request, Place.FORM, "access_token", "t0ken")
    assert stamped.headers["content-type"] != request.headers["content-type"]
    head = f"Content-Type: {stamped.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + (stamped.body or b"")).get_payload()
    assert isinstance(parts, list)
    assert len(parts) == 2
    assert "沂源".encode("gbk") in (stamped.body or b"")
    assert b'name="access_token"' in (stamped.body or b"")


def test_a_form_in_another_character_set_stays_in_it() -> None:
    request = rendered(body_as="form", charset="gbk", body="{name: name}")
    name = "".join(f"%{byte:02X}" for byte in "沂源".encode("gbk"))
    assert stamp(request, Place.FORM, "t", "1").body == f"name={name}&t=1".encode()


def test_a_value_that_the_character_set_has_not_is_told_without_showing_it() -> None:
    request = rendered(body_as="form", charset="gbk", body="{name: name}")
    with pytest.raises(SettingsError, match="gbk 容纳不了的字") as raised:
        stamp(request, Place.FORM, "unit", "𠮷")
    assert "𠮷" not in raised.value.message


def test_what_goes_into_the_query_string_stays_there() -> None:
    request = rendered(body_as="query", body="{name: name}")
    assert stamp(request, Place.QUERY, "t", "1").query == {"name": "沂源", "t": "1"}


@pytest.mark.parametrize("place", [Place.FORM, Place.JSON])
def test_an_xml_body_has_no_room_for_it(place: Place) -> None:
    with pytest.raises(SettingsError, match="不是可以放进"):
        stamp(rendered(body_as="xml", body="{A: name}"), place, "t", "1")
