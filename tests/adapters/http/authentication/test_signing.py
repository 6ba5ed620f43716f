"""Recipes against vectors that are computed here by hand, and properties of every recipe."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinqiao.adapters.http.authentication.algorithms import ALGORITHMS, ENCODINGS
from xinqiao.adapters.http.authentication.signing import Attempt, Known, Signing, sign
from xinqiao.adapters.http.authentication.steps import SignStep
from xinqiao.adapters.http.encoding import encode
from xinqiao.adapters.http.exchange import BodyAs, HttpRequest
from xinqiao.errors import SettingsError

NOW = datetime(2026, 11, 20, 2, 3, 4, 56_000, tzinfo=UTC)
SECONDS, MILLISECONDS, LOCAL = "1795140184", "1795140184056", "20261120100304"
NONCE = "n0nce"
KNOWN = Known(
    settings={"app_id": "county", "unit": "沂源"},
    credentials={"app_secret": "s3cret"},
    tokens={"access": "t0ken"},
)


def signed(request: HttpRequest | None = None, **recipe: Any) -> Signing:
    request = request or HttpRequest("GET", "/x")
    plain = {"type": "sign", "source": "x", "name": "sign", "place": "query"} | recipe
    return sign(SignStep.model_validate(plain), request, KNOWN, Attempt(NOW, NONCE))


def posted(body_as: BodyAs, **members: Any) -> HttpRequest:
    body, content_type = encode(body_as, members)
    headers = {"content-type": content_type}
    return HttpRequest("POST", "/x", {}, headers, body, members=members, members_as=body_as)


def test_the_instant_is_the_one_that_the_vectors_name() -> None:
    assert int(SECONDS) == NOW.timestamp() // 1


def test_application_key_secret_and_milliseconds_by_md5() -> None:
    made = signed(
        algorithm="md5",
        text="{settings.app_id}{credentials.app_secret}{time}",
        time_format="milliseconds",
        values=[
            {"name": "appKey", "place": "query", "value": "{settings.app_id}"},
            {"name": "requestTime", "place": "query", "value": "{time}"},
        ],
    )
    expected = hashlib.md5(f"countys3cret{MILLISECONDS}".encode()).hexdigest()  # noqa: S324 - theirs
    assert made.request.query == {
        "appKey": "county",
        "requestTime": MILLISECONDS,
        "sign": expected,
    }


def test_token_between_two_times_and_a_nonce_by_sha256_in_headers() -> None:
    made = signed(
        algorithm="sha256",
        text="{time}{tokens.access}{nonce}{time}",
        place="header",
        name="x-tif-signature",
        encoding="hex_upper",
        values=[
            {"name": "x-tif-timestamp", "value": "{time}"},
            {"name": "x-tif-nonce", "value": "{nonce}"},
        ],
    )
    text = f"{SECONDS}t0ken{NONCE}{SECONDS}"
    assert made.request.headers == {
        "x-tif-timestamp": SECONDS,
        "x-tif-nonce": NONCE,
        "x-tif-signature": hashlib.sha256(text.encode()).hexdigest().upper(),
    }


def test_sorted_lower_cased_parameters_and_secret_by_sha256_in_a_form() -> None:
    made = signed(
        posted("form", method="Upload", data="甲ABC", empty="", sign="old"),
        algorithm="sha256",
        text="{parameters}&appsecret={credentials.app_secret}",
        case="lower",
        place="form",
        time_format="yyyyMMddHHmmss",
        parameters={"taken_from": ["form"], "skip": ["sign"]},
        values=[
            {"name": "timestamp", "place": "form", "value": "{time}"},
            {"name": "nonce", "place": "form", "value": "{nonce}"},
        ],
    )
    text = f"data=甲abc&method=upload&nonce={NONCE}&timestamp={LOCAL}&appsecret=s3cret"
    assert made.digested == text
    assert made.request.members is not None
    assert made.request.members["sign"] == hashlib.sha256(text.encode()).hexdigest()
    assert list(made.request.members)[:4] == ["method", "data", "empty", "sign"]


def test_base64_of_the_body_by_md5() -> None:
    request = HttpRequest("POST", "/x", body="<a>甲</a>".encode() * 40)
    made = signed(request, algorithm="md5", text="{body_base64}", place="header")
    text = base64.b64encode(request.body or b"")
    assert b"\n" not in text
    assert made.request.headers["sign"] == hashlib.md5(text).hexdigest()  # noqa: S324 - theirs


def test_a_keyed_digest_over_method_path_and_body() -> None:
    made = signed(
        posted("json", a="甲", b=[1, {"c": None}]),
        algorithm="hmac_sha256",
        key="{credentials.app_secret}",
        text="{method}\n{path}\n{body}",
        encoding="base64",
        place="header",
        name="Authorization",
        pattern="HMAC {settings.app_id}:{signature}",
    )
    text = 'POST\n/x\n{"a":"甲","b":[1,{"c":null}]}'
    digest = hmac.new(b"s3cret", text.encode(), hashlib.sha256).digest()
    expected = f"HMAC county:{base64.b64encode(digest).decode()}"
    assert made.request.headers["authorization"] == expected


def test_members_of_json_that_are_no_text_are_signed_as_compact_json() -> None:
    made = signed(
        posted("json", b=[1, {"c": None}], a=True, n=2, e=None, t="x"),
        algorithm="sha256",
        text="{parameters}",
        place="json",
        parameters={},
    )
    assert made.parameters == 'a=true&b=[1,{"c":null}]&n=2&t=x'
    assert json.loads(made.request.body or b"")["sign"] == made.signature
    assert list(json.loads(made.request.body or b""))[:5] == ["b", "a", "n", "e", "t"]


def test_listed_parameters_keep_their_order_and_can_be_values_alone() -> None:
    made = signed(
        HttpRequest("GET", "/x", {"b": "2", "a": "1", "c": ""}),
        algorithm="sha256",
        text="{parameters}",
        parameters={
            "order": "listed",
            "names": ["b", "id", "c", "a"],
            "taken_from": ["query", "values"],
            "pair": "{value}",
            "separator": "|",
            "skip_empty": False,
        },
        values=[{"name": "id", "place": "header", "value": "{settings.app_id}"}],
    )
    assert made.text == "2|county||1"


@pytest.mark.parametrize(
    ("order", "text"), [("ascii", "B=1&a=2"), ("ascii_ignoring_case", "a=2&B=1")]
)
def test_capitals_come_first_unless_case_is_ignored(order: str, text: str) -> None:
    request = HttpRequest("GET", "/x", {"a": "2", "B": "1"})
    made = signed(request, algorithm="md5", text="{parameters}", parameters={"order": order})
    assert made.text == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("seconds", SECONDS),
        ("milliseconds", MILLISECONDS),
        ("yyyyMMddHHmmss", LOCAL),
        ("yyyyMMddHHmmssSSS", LOCAL + "056"),
        ("yyyy-MM-dd HH:mm:ss", "2026-11-20 10:03:04"),
    ],
)
def test_a_time_is_written_as_the_platform_wants_it(pattern: str, text: str) -> None:
    assert signed(algorithm="md5", text="{time}", time_format=pattern).text == text


def test_date_and_time_may_stand_apart() -> None:
    recipe: dict[str, Any] = {"date_format": "yyyyMMdd", "time_format": "HHmmss"}
    assert signed(algorithm="md5", text="{date}/{time}", **recipe).text == "20261120/100304"


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "utf-8"])
def test_the_text_is_digested_in_the_recipes_character_set(charset: str) -> None:
    made = signed(algorithm="sha256", text="{settings.unit}", charset=charset)
    assert made.signature == hashlib.sha256("沂源".encode(charset)).hexdigest()


def test_a_body_in_another_character_set_is_signed_byte_by_byte() -> None:
    for charset in ("utf-8", "gbk", "gb18030"):
        body = bytes(range(256)) + "沂源".encode("gbk") + b"\x81"
        made = signed(
            HttpRequest("POST", "/x", body=body), algorithm="sha256", text="{body}", charset=charset
        )
        assert made.signature == hashlib.sha256(body).hexdigest(), charset


def test_a_character_that_does_not_fit_is_told_and_not_shown() -> None:
    request = HttpRequest("GET", "/x", {"name": "𠮷"})
    with pytest.raises(SettingsError, match="字符集 gbk") as raised:
        signed(request, algorithm="md5", text="{parameters}", parameters={}, charset="gbk")
    assert "𠮷" not in raised.value.message


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_is_the_one_of_its_name(name: str) -> None:
    algorithm = ALGORITHMS[name]
    if algorithm.keyed:
        expected = hmac.new(b"k", b"text", getattr(hashlib, name.removeprefix("hmac_"))).digest()
    else:
        expected = getattr(hashlib, name)(b"text").digest()
    assert algorithm.sign(b"k", b"text") == expected


def test_every_encoding_writes_the_same_bytes() -> None:
    written = {name: encode_as(b"\x00\xab\xff") for name, encode_as in ENCODINGS.items()}
    assert written == {"hex_lower": "00abff", "hex_upper": "00ABFF", "base64": "AKv/"}


NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=5)


@given(st.dictionaries(NAMES, st.text(max_size=5), max_size=8), st.randoms())
def test_the_order_of_parameters_does_not_change_a_sorted_signature(
    parameters: dict[str, str], shuffle: Any
) -> None:
    turned = list(parameters.items())
    shuffle.shuffle(turned)
    one, other = (
        signed(
            HttpRequest("GET", "/x", query), algorithm="sha256", text="{parameters}", parameters={}
        ).signature
        for query in (parameters, dict(turned))
    )
    assert one == other


@given(st.dictionaries(NAMES, st.text(max_size=5), min_size=1, max_size=8), st.data())
def test_a_changed_parameter_changes_the_signature(parameters: dict[str, str], data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(parameters)))
    changed = parameters | {name: parameters[name] + "x"}
    one, other = (
        signed(
            HttpRequest("GET", "/x", query), algorithm="sha256", text="{parameters}", parameters={}
        ).signature
        for query in (parameters, changed)
    )
    assert one != other


def test_nothing_of_a_signing_is_shown_in_its_representation() -> None:
    made = signed(
        posted("form", a="secret-a"),
        algorithm="md5",
        text="{parameters}{credentials.app_secret}",
        parameters={},
    )
    said = repr((made, KNOWN, Attempt(NOW, NONCE)))
    for word in ("s3cret", "t0ken", "secret-a", NONCE, made.signature):
        assert word not in said
