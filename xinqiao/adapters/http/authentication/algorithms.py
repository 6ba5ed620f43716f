"""The digests that signing recipes name (签名算法), and how their bytes are written.

:data:`ALGORITHMS` is the one place where an algorithm is added: an entry makes it known to every
profile, and to the explanation of signatures. SM3 and SM2 (国密) come in here; a private key in
place of a shared secret reaches the function as the bytes of ``key``.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One way to sign.

    Attributes:
        sign: From the secret's bytes and the text's bytes to the signature's bytes.
        keyed: Whether the recipe must name a ``key``; without one the secret is part of the text,
            and ``sign`` is handed an empty one.
    """

    sign: Callable[[bytes, bytes], bytes]
    keyed: bool


def _digest(name: str) -> Algorithm:
    return Algorithm(lambda _, text: hashlib.new(name, text).digest(), keyed=False)


def _hmac(name: str) -> Algorithm:
    return Algorithm(lambda secret, text: hmac.digest(secret, text, name), keyed=True)


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "md5": _digest("md5"),
        "sha1": _digest("sha1"),
        "sha256": _digest("sha256"),
        "sha512": _digest("sha512"),
        "hmac_md5": _hmac("md5"),
        "hmac_sha1": _hmac("sha1"),
        "hmac_sha256": _hmac("sha256"),
        "hmac_sha512": _hmac("sha512"),
    }
)
"""Name in a profile → how it is done."""

ENCODINGS: Mapping[str, Callable[[bytes], str]] = MappingProxyType(
    {
        "hex_lower": bytes.hex,
        "hex_upper": lambda signature: signature.hex().upper(),
        "base64": lambda signature: base64.b64encode(signature).decode(),
    }
)
"""Name in a profile → how the signature's bytes become text."""


def _one_of(names: Mapping[str, object]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"应为 {'、'.join(names)} 之一")
        return name

    return AfterValidator(check)


AlgorithmName = Annotated[str, _one_of(ALGORITHMS)]
EncodingName = Annotated[str, _one_of(ENCODINGS)]
