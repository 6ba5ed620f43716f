"""The steps of the authentication chain, as a profile describes them (认证步骤).

Every field's docstring is the description that an operator gets for it.
"""

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from xinqiao.adapters.expressions import Expression
from xinqiao.adapters.fields import Pattern, Seconds, Table, Text
from xinqiao.adapters.http.authentication.algorithms import (
    ALGORITHMS,
    AlgorithmName,
    EncodingName,
)
from xinqiao.adapters.http.authentication.patterns import (
    KeyPattern,
    SignaturePattern,
    SignedTextPattern,
    ValuePattern,
    placeholders_in,
)
from xinqiao.adapters.http.authentication.times import TimeFormat
from xinqiao.adapters.http.calls import Answer, Call
from xinqiao.adapters.http.stamping import Place

_HEADER = re.compile(r"[A-Za-z0-9_-]+")
_OUR_OWN_HEADERS = frozenset(
    {"connection", "content-length", "content-type", "host", "proxy-authorization"}
    | {"transfer-encoding"}
)


class Placed(Table):
    """Something that is put into a request."""

    place: Place = Place.HEADER
    """Where it is put: ``header``, ``query``, ``form`` or ``json`` (a member of the body)."""
    name: str = ""
    """Name of the header, parameter, form field or member."""

    @model_validator(mode="after")
    def _name_fits(self) -> Self:
        if self.place is Place.NONE:
            if self.name:
                raise ValueError("place = none 时不写 name")
        elif not self.name or not self.name.isprintable():
            raise ValueError("name 缺失或含有不可见字符：应写明放在哪个名称下")
        elif self.place is Place.HEADER:
            if not _HEADER.fullmatch(self.name):
                raise ValueError("name 作请求头时只能用字母、数字、- 和 _")
            if self.name.lower() in _OUR_OWN_HEADERS:
                raise ValueError("name 不能是由系统自己填写的请求头")
        return self


class Step(Placed):
    """One step of the chain; the base of all."""

    source: Text
    """Where this part comes from (依据)."""
    carried_by: tuple[Text, ...] = ()
    """Requests that carry it: operations (``submit``, ``poll``…) and later tokens by their
    ``known_as``; empty: all that come after it."""


class StaticStep(Step):
    """A fixed secret, such as a gateway's key (固定密钥)."""

    type: Literal["static"]
    """Kind of step."""
    credential: Text
    """Name of the secret."""
    pattern: Pattern = "{secret}"
    """How it is written."""

    @model_validator(mode="after")
    def _is_placed(self) -> Self:
        if self.place is Place.NONE:
            raise ValueError("place = none 只用于 type = token")
        return self


class TokenMeaning(StrEnum):
    """What an answer to a request for a token means."""

    GRANTED = "granted"
    AUTH = "auth"
    RATE_LIMITED = "rate_limited"
    RETRYABLE = "retryable"


class TokenAnswer(Answer):
    """Rule for answers to a request for a token."""

    means: TokenMeaning
    """Whether a token was granted."""


class TokenStep(Step, Call):
    """A token that is asked for and kept until shortly before it expires (令牌).

    The request for it carries the steps before it; its expressions read
    ``{credentials, settings, tokens}``. That a token has expired is said by the answers of the
    operations, with ``means = "auth"``.
    """

    type: Literal["token"]
    """Kind of step."""
    known_as: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]*)?$")] = ""
    """Name by which later steps read it, as ``tokens.<name>``."""
    answers: tuple[TokenAnswer, ...] = Field(min_length=1)
    """What the answers mean; no rule: try again later."""
    token: Expression
    """The token in the answer."""
    expires_in: Expression | None = None
    """Its lifetime in the answer."""
    expires_in_unit: Literal["seconds", "milliseconds"] = "seconds"
    """Unit of ``expires_in``."""
    expires_at: Expression | None = None
    """The instant at which it ends in the answer: a date, or seconds or milliseconds since 1970."""
    lifetime_seconds: Seconds
    """Lifetime where the answer tells none."""
    margin_seconds: Annotated[float, Field(ge=0, le=86_400)]
    """How long before the end a new one is asked for."""
    pattern: Pattern = "{secret}"
    """How it is written."""

    @model_validator(mode="after")
    def _is_used(self) -> Self:
        if self.expires_in is not None and self.expires_at is not None:
            raise ValueError("expires_in 与 expires_at 只能写一个")
        if self.place is Place.NONE and not self.known_as:
            raise ValueError("place = none 时须写 known_as，供后面的步骤使用")
        return self


class Parameters(Table):
    """How ``{parameters}`` of a signed text is made (参与签名的参数)."""

    taken_from: tuple[Literal["query", "form", "json", "values"], ...] = ("query", "form", "json")
    """Which parts of the request: its query, its form fields, the members at the top of its JSON,
    and what this step itself sends beside the signature, wherever it is put."""
    order: Literal["ascii", "ascii_ignoring_case", "listed"] = "ascii"
    """Order of the names."""
    names: tuple[Text, ...] = ()
    """The names, in order, where ``order = "listed"``."""
    pair: Annotated[str, Field(pattern=r"^[^{}]*(\{name\}[^{}]*)?\{value\}[^{}]*$")] = (
        "{name}={value}"
    )
    """How one is written."""
    separator: str = "&"
    """What stands between two."""
    skip_empty: bool = True
    """Whether those without a value are left out."""
    skip: tuple[Text, ...] = ()
    """Names that are left out."""

    @model_validator(mode="after")
    def _is_listed(self) -> Self:
        if (self.order == "listed") != bool(self.names):
            raise ValueError("names 与 order = listed 须同时写")
        return self


class SentValue(Placed):
    """A value that is sent beside a signature, such as time or application id (随签名发送的值)."""

    value: ValuePattern
    """What is sent."""

    @model_validator(mode="after")
    def _is_placed(self) -> Self:
        if self.place is Place.NONE:
            raise ValueError("place = none 只用于 type = token")
        return self


class SignStep(Step):
    """A signature by a recipe, made anew for every attempt (签名).

    The values are put into the request first, then the text is made from the request as it is by
    then, then the signature is put in.
    """

    type: Literal["sign"]
    """Kind of step."""
    algorithm: AlgorithmName
    """How the text is digested."""
    text: SignedTextPattern
    """The text that is signed."""
    key: KeyPattern | None = None
    """The secret of an algorithm that takes one (HMAC)."""
    parameters: Parameters | None = None
    """How ``{parameters}`` is made."""
    case: Literal["as_is", "lower", "upper"] = "as_is"
    """What happens to the whole text before it is digested."""
    charset: Literal["utf-8", "gbk", "gb18030"] = "utf-8"
    """Character set of the text."""
    encoding: EncodingName = "hex_lower"
    """How the signature is written."""
    pattern: SignaturePattern = "{signature}"
    """How it is put into the request."""
    time_format: TimeFormat = "seconds"
    """How ``{time}`` is written."""
    date_format: TimeFormat = "yyyyMMdd"
    """How ``{date}`` is written, where a platform wants date and time apart."""
    nonce_length: Annotated[int, Field(ge=1, le=256)] = 32
    """Characters of ``{nonce}``."""
    nonce_alphabet: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2,}$")] = "0123456789abcdef"
    """Characters that ``{nonce}`` is drawn from."""
    values: tuple[SentValue, ...] = ()
    """What is sent beside it."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.place is Place.NONE:
            raise ValueError("place = none 只用于 type = token")
        if ALGORITHMS[self.algorithm].keyed != (self.key is not None):
            raise ValueError("key 与 hmac 一类的 algorithm 须同时写")
        if ("parameters" in placeholders_in(self.text)) != (self.parameters is not None):
            raise ValueError("parameters 一表与 text 中的 {parameters} 须同时写")
        return self


AnyStep = Annotated[StaticStep | TokenStep | SignStep, Field(discriminator="type")]
"""One step of a profile's ``[[authentication]]``."""
