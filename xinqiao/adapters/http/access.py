"""How a platform is reached over HTTP: the part of a profile (接入地址)."""

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from xinqiao.adapters.fields import Seconds, Table, Text


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("应为 http:// 或 https:// 开头的地址")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("地址里不得写用户名、密码、查询参数或锚点")
    return text


Address = Annotated[str, AfterValidator(_address)]


class WebAccess(Table):
    """An address and the bounds of every exchange with it (网络接入)."""

    source: Text
    """Where this part comes from (依据)."""
    base_url: Address
    """Address before every path."""
    connect_seconds: Seconds
    """Time to open a connection."""
    read_seconds: Seconds
    """Time between two pieces of an answer."""
    total_seconds: Seconds
    """Time for one whole exchange, in-call retries included."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Tries of a request that never left, the first included."""
    reply_bytes_at_most: Annotated[int, Field(ge=1024, le=1 << 30)]
    """Largest answer that is read, in bytes."""
    verify_tls: bool = True
    """Whether the platform's certificate is checked."""


class HttpTransport(WebAccess):
    """Rows are delivered over HTTP (接口报送)."""

    address_key: ClassVar[str] = "base_url"
    type: Literal["http"]
    """Kind of transport."""
