"""The text of pictures: what was put in comes out, and anything else is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.remarks import TODAY
from tests.records.whole import NEWS
from xinqiao.records.kinds import KINDS
from xinqiao.records.pictures import (
    MEDIA_TYPES,
    MOST_PICTURES,
    Picture,
    picture_name,
    picture_names,
    pictures_text,
    read_pictures,
)
from xinqiao.records.validation import validate

PICTURE = Picture("会议.jpg", "image/jpeg", b"\xff\xd8\x00")
whole = st.builds(Picture, st.text(min_size=1), st.sampled_from(MEDIA_TYPES), st.binary(min_size=1))
unread = st.builds(Picture, st.text(min_size=1))


@given(st.lists(whole | unread))
def test_pictures_come_out_as_they_went_in_and_their_text_is_ascii(pictures: list[Picture]) -> None:
    text = pictures_text(pictures)
    assert text.isascii()
    assert list(read_pictures(text)) == pictures


@given(st.lists(whole, min_size=1, max_size=MOST_PICTURES))
def test_whole_pictures_are_taken_for_the_field(pictures: list[Picture]) -> None:
    assert validate("news", {**NEWS, "pictures": pictures_text(pictures)}, TODAY) == ()


@pytest.mark.parametrize(
    "text",
    [
        "会议.jpg",
        "[]",
        "{}",
        "[1]",
        '[{"name": 1}]',
        '[{"name": "a.jpg", "type": "image/gif", "data": "AAAA"}]',
        '[{"name": "a.jpg", "type": "image/png", "data": "A"}]',
        '[{"name": "a.jpg", "type": "image/png", "data": ""}]',
        '[{"name": "a.jpg", "type": "image/png", "data": "AAAA", "place": "36N"}]',
        pictures_text([PICTURE, Picture("缺.jpg")]),
        pictures_text([PICTURE] * (MOST_PICTURES + 1)),
    ],
)
def test_anything_else_is_an_error_that_shows_nothing_of_it(text: str) -> None:
    (found,) = validate("news", {**NEWS, "pictures": text}, TODAY)
    assert (found.field, found.code) == ("pictures", "pictures")
    assert "base64" not in found.message
    assert "AAAA" not in found.message


def test_names_are_what_people_see() -> None:
    assert picture_names(pictures_text([PICTURE, Picture("缺.jpg")])) == "会议.jpg；缺.jpg"
    assert picture_names("会议.jpg") == "会议.jpg"
    assert picture_name(" ＩＭＧ１.jpg ") == "IMG1.jpg"


def test_the_form_is_the_documented_one() -> None:
    assert json.loads(pictures_text([PICTURE])) == [
        {"name": "会议.jpg", "type": "image/jpeg", "data": "/9gA"}
    ]


def test_news_are_the_kind_with_pictures() -> None:
    assert {kind.identifier for kind in KINDS.values() if kind.pictures} == {"news"}
    assert KINDS["news"].pictures == {"pictures"}
