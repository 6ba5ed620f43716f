"""Shows step by step how a profile signs a sample request (签名示例).

The signature is the true one, of a request that nobody sends, at an instant long past. What is
shown is put together a second time from masks in the place of secrets: no secret is searched for
and struck out, so none can slip through.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinqiao.adapters.base import Surroundings
from xinqiao.adapters.http.authentication.applying import (
    Holdings,
    apply_steps,
    is_carried,
)
from xinqiao.adapters.http.authentication.patterns import placeholders_in
from xinqiao.adapters.http.authentication.signing import Attempt, Signing, sign
from xinqiao.adapters.http.authentication.steps import SignStep, TokenStep
from xinqiao.adapters.http.authentication.times import write_time
from xinqiao.adapters.http.calls import Call
from xinqiao.adapters.http.rendering import render
from xinqiao.adapters.profile import Profile
from xinqiao.clock import SHANGHAI
from xinqiao.errors import SettingsError

MASK = "●●●"
"""What stands where a secret or a token was."""

SAMPLE_TIME = datetime(2020, 1, 2, 3, 4, 5, 678_000, tzinfo=SHANGHAI)
"""The instant at which samples are signed: long past, so that no signature can be used."""

_SAMPLE_TOKEN = "sample-token"  # noqa: S105 - an invented word, no platform knows it

_STAND_IN = "~~~"
"""What stands in the place of a secret while samples are put together: it can stand in a header,
and neither case nor the coding of a form changes it."""

_SAMPLE: Mapping[str, Any] = {
    "batch": "XQ20200102-0001",
    "serial": "1",
    "kind": "permit",
    "operation": "insert",
    "rows": [{"number": 1, "key": "示例〔2020〕1号", "values": {}}],
    "key": "示例〔2020〕1号",
    "start": "2020-01-01",
    "end": "2020-01-02",
    "page": 1,
    "page_size": 1,
}

_PLACES: Mapping[str, str] = {
    "header": "请求头",
    "query": "地址参数",
    "form": "表单项",
    "json": "JSON 成员",
}

_CASES = {"lower": "全部转为小写", "upper": "全部转为大写"}


def signing_explained(profile: Profile, surroundings: Surroundings) -> list[tuple[str, str]]:
    """Return (Chinese name of a step, what comes out of it) for each signature of ``profile``.

    Secrets and tokens are shown as :data:`MASK`; nothing is sent. Empty when nothing is signed.
    """
    lines: list[tuple[str, str]] = []
    for position, step in enumerate(profile.authentication):
        if isinstance(step, SignStep):
            title = f"第 {position + 1} 步签名"
            try:
                lines += _explained(profile, surroundings, position, step, title)
            except SettingsError as error:
                lines.append((title, f"不能示例：{error.message}"))
    return lines


def _explained(
    profile: Profile, surroundings: Surroundings, position: int, step: SignStep, title: str
) -> list[tuple[str, str]]:
    caller, call = _sample_call(profile, position, step)
    if call is None:
        return [(title, "没有请求携带这一签名")]
    attempt = Attempt(SAMPLE_TIME, (step.nonce_alphabet * step.nonce_length)[: step.nonce_length])

    def signed(credentials: Mapping[str, str], token: str) -> Signing:
        steps = profile.authentication[:position]
        tokens = {at: token for at, one in enumerate(steps) if isinstance(one, TokenStep)}
        settings = {**dict.fromkeys(profile.settings, ""), **surroundings.settings}
        holdings = Holdings(settings, credentials, tokens)
        known = holdings.named(steps)
        context = {
            **_SAMPLE,
            "settings": known.settings,
            "credentials": known.credentials,
            "tokens": known.tokens,
        }
        request = apply_steps(steps, render(call, context), caller, holdings, SAMPLE_TIME)
        return sign(step, request, known, attempt)

    shown = signed(dict.fromkeys(profile.credentials, _STAND_IN), _STAND_IN)
    lines = [
        (title, f"示例请求 {call.method} {call.path}，时间 {SAMPLE_TIME:%Y-%m-%d %H:%M:%S}"),
        *_text_lines(step, shown, attempt),
    ]
    missing = [
        name for name in profile.credentials if not surroundings.credentials.values.get(name)
    ]
    if missing:
        return [*lines, ("签名", f"缺少凭据 {'、'.join(missing)}，不能计算")]
    true = signed(surroundings.credentials.values, _SAMPLE_TOKEN)
    placed = _masked(shown.placed.replace(shown.signature, true.signature))
    return [
        *lines,
        ("签名", f"{true.signature}（{step.encoding}）"),
        ("放入", f"{_PLACES[step.place]} {step.name}：{placed}"),
    ]


def _text_lines(step: SignStep, shown: Signing, attempt: Attempt) -> Iterator[tuple[str, str]]:
    used = set(placeholders_in(step.text))
    for value in step.values:
        used |= set(placeholders_in(value.value))
    if "time" in used:
        yield "时间戳", f"{write_time(step.time_format, attempt.now)}（{step.time_format}）"
    if "nonce" in used:
        yield "随机串", attempt.nonce
    if step.parameters is not None:
        yield "参与签名的参数", _masked(shown.parameters)
    yield "待签名文本", _masked(shown.text)
    if step.case != "as_is":
        yield _CASES[step.case], _masked(shown.digested)
    if any(name.startswith("tokens.") for name in used):
        yield "令牌", f"示例中以 {_SAMPLE_TOKEN} 代入"
    key = "" if step.key is None else f"，密钥 {MASK}"
    yield "算法", f"{step.algorithm}，文字按 {step.charset} 编码{key}"


def _sample_call(profile: Profile, position: int, step: SignStep) -> tuple[str, Call | None]:
    for name, call in profile.operations:
        if call is not None and is_carried(step, name):
            return name, call
    for later in profile.authentication[position + 1 :]:
        if isinstance(later, TokenStep) and is_carried(step, later.known_as):
            return later.known_as, later
    return "", None


def _masked(text: str) -> str:
    return text.replace(_STAND_IN, MASK)
