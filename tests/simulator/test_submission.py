import json
from typing import Any

import pytest

from xinqiao.errors import InputError
from xinqiao.simulator.submission import read_submission

ROW = {"index": 1, "fields": {"XK_WSH": "1号"}}
SOUND: dict[str, Any] = {
    "batchNo": "B1",
    "resource": "permit",
    "operation": "insert",
    "orgCode": "370323",
    "items": [ROW],
}


def test_a_sound_body_is_read() -> None:
    sent = read_submission(json.dumps(SOUND).encode())
    assert (sent.batch_number, sent.operation, sent.items[0].fields) == (
        "B1",
        "insert",
        {"XK_WSH": "1号"},
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"batchNo": ""}, "batchNo"),
        ({"operation": "delete"}, "operation"),
        ({"orgCode": 370323}, "orgCode"),
        ({"items": []}, "items"),
        ({"items": [{"index": 0, "fields": {}}]}, "items.0.index"),
        ({"items": [{"index": 1, "fields": {"XK_ZT": 1}}]}, "items.0.fields.XK_ZT"),
        ({"items": [ROW, ROW]}, "整个报文"),
    ],
)
def test_a_wrong_structure_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError, match=place):
        read_submission(json.dumps(SOUND | change).encode())


def test_no_value_stands_in_the_error() -> None:
    body = json.dumps(SOUND | {"items": [{"index": 1, "fields": {"X": ["SECRET-VALUE"]}}]})
    with pytest.raises(InputError) as caught:
        read_submission(body.encode())
    assert "SECRET-VALUE" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", "{}".encode("utf-16"), b'{"batchNo": "\xff"}'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="报文结构不合要求"):
        read_submission(body)
