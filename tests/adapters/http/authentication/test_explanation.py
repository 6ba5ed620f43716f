"""A sample signature, step by step: right to the last letter, and without a secret."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from tests.adapters.http.authentication.conftest import SECRETS, profile_with, token_step
from xinqiao.adapters.base import Credentials, Surroundings
from xinqiao.adapters.http.authentication.explanation import MASK, signing_explained

SAMPLE_MILLISECONDS = "1577905445678"
"""2020-01-02 03:04:05.678 in Asia/Shanghai."""


def step(**keys: Any) -> dict[str, Any]:
    return {
        "type": "sign",
        "source": "x",
        "algorithm": "md5",
        "text": "{settings.app_id}{credentials.app_secret}{time}",
        "time_format": "milliseconds",
        "place": "query",
        "name": "sign",
        "values": [{"name": "requestTime", "place": "query", "value": "{time}"}],
        **keys,
    }


def test_a_concatenation_is_shown_step_by_step(surroundings: Surroundings) -> None:
    signature = hashlib.md5(f"countyh1dden{SAMPLE_MILLISECONDS}".encode()).hexdigest()  # noqa: S324 - theirs
    assert signing_explained(profile_with([step()]), surroundings) == [
        ("第 1 步签名", "示例请求 POST /api/v1/submissions，时间 2020-01-02 03:04:05"),
        ("时间戳", f"{SAMPLE_MILLISECONDS}（milliseconds）"),
        ("待签名文本", f"county{MASK}{SAMPLE_MILLISECONDS}"),
        ("算法", "md5，文字按 utf-8 编码"),
        ("签名", f"{signature}（hex_lower）"),
        ("放入", f"地址参数 sign：{signature}"),
    ]


def test_parameters_case_key_and_pattern_are_shown_too(surroundings: Surroundings) -> None:
    keyed = step(
        algorithm="hmac_sha256",
        key="{credentials.app_secret}",
        text="{parameters}&key={credentials.app_secret}&token={tokens.access}",
        case="upper",
        place="header",
        name="Authorization",
        pattern="{settings.app_id} {credentials.client_secret} {signature}",
        parameters={"taken_from": ["values"]},
        carried_by=["poll"],
    )
    token = token_step("/token", known_as="access", place="none")
    lines = dict(signing_explained(profile_with([token, keyed]), surroundings))
    assert lines["第 2 步签名"].startswith("示例请求 GET /api/v1/receipts")
    assert lines["参与签名的参数"] == f"requestTime={SAMPLE_MILLISECONDS}"
    assert lines["待签名文本"] == f"requestTime={SAMPLE_MILLISECONDS}&key={MASK}&token={MASK}"
    assert lines["全部转为大写"] == f"REQUESTTIME={SAMPLE_MILLISECONDS}&KEY={MASK}&TOKEN={MASK}"
    assert lines["算法"] == f"hmac_sha256，文字按 utf-8 编码，密钥 {MASK}"
    signature = lines["签名"].removesuffix("（hex_lower）")
    assert lines["放入"] == f"请求头 Authorization：county {MASK} {signature}"


@pytest.mark.parametrize("secret", ["s", "county", "requestTime", "1577905445678", "submissions"])
def test_a_secret_that_is_part_of_other_words_changes_nothing_but_the_signature(
    secret: str, surroundings: Surroundings
) -> None:
    """It is never looked for, so neither its places nor its length can be told."""
    profile = profile_with([step()])
    one = dict(signing_explained(profile, surroundings))
    secrets = Credentials({**SECRETS, "app_secret": secret})
    other = dict(signing_explained(profile, replace(surroundings, credentials=secrets)))
    assert one.keys() == other.keys()
    assert {name for name in one if one[name] != other[name]} == {"签名", "放入"}


@pytest.mark.parametrize("place", ["header", "query", "json"])
def test_secrets_that_earlier_steps_put_into_the_request_are_not_shown(
    place: str, surroundings: Surroundings
) -> None:
    static = {
        "type": "static",
        "source": "x",
        "credential": "client_secret",
        "place": place,
        "name": "Key",
        "carried_by": ["submit"],
    }
    signed = step(
        text="{method}{path}{parameters}{body}{body_base64}{credentials.app_secret}",
        parameters={},
        carried_by=["submit"],
    )
    said = str(signing_explained(profile_with([static, signed]), surroundings))
    assert MASK in said
    for secret in ("s3cret", "h1dden"):
        assert secret not in said


def test_a_signature_for_a_token_is_shown_on_the_request_for_it(
    surroundings: Surroundings,
) -> None:
    token = token_step("/token", known_as="access", name="Key")
    chain = [step(carried_by=["access"], text="{body}"), token]
    lines = dict(signing_explained(profile_with(chain), surroundings))
    assert lines["第 1 步签名"].startswith("示例请求 POST /token")
    assert lines["待签名文本"] == f'{{"id":"{MASK}"}}'


def test_a_missing_secret_is_named_in_place_of_a_signature(surroundings: Surroundings) -> None:
    less = replace(surroundings, credentials=Credentials({"client_id": "c", "client_secret": "s"}))
    lines = signing_explained(profile_with([step()]), less)
    assert lines[-1] == ("签名", "缺少凭据 app_secret，不能计算")


def test_a_recipe_that_cannot_sign_the_sample_says_why(surroundings: Surroundings) -> None:
    overlay = {"operations": {"submit": {"body": "abs(batch)"}}}
    (line,) = signing_explained(profile_with([step()], overlay), surroundings)
    assert line[0] == "第 1 步签名"
    assert "不能示例" in line[1]


def test_a_profile_without_signatures_explains_none(surroundings: Surroundings) -> None:
    assert signing_explained(profile_with([]), surroundings) == []
