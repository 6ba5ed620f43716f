"""How a platform is reached over HTTP: the part of a profile (接入地址)."""

from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

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


def _proxy_address(text: str) -> str:
    if text and urlsplit(_address(text)).scheme != "http":
        raise ValueError("应为 http:// 开头的代理地址")
    return text


def _file_name(text: str) -> str:
    if "/" in text or "\\" in text or text in {".", ".."} or not text.isprintable():
        raise ValueError("应为 secrets 目录中的文件名，不带目录")
    return text


Address = Annotated[str, AfterValidator(_address)]
ProxyAddress = Annotated[str, AfterValidator(_proxy_address)]
SecretFile = Annotated[str, AfterValidator(_file_name)]


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
    authority: str = ""
    """PEM file of the authority that the platform's certificate comes from (根证书), below the
    workspace's folder; no other is trusted then. Empty: the authorities known to the public."""
    client_certificate: SecretFile = ""
    """PEM file of our own certificate (客户端证书), in ``secrets/``."""
    client_key: SecretFile = ""
    """PEM file of its key, in ``secrets/``; empty: in the same file."""
    client_key_credential: str = ""
    """Name of the secret that opens the key, where it has a password."""
    proxy: ProxyAddress = ""
    """Proxy that every connection goes through, such as ``http://10.0.0.1:3128``. The environment
    is never asked for one."""
    proxy_credential: str = ""
    """Name of a secret ``user:password`` for the proxy."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.client_certificate and (self.client_key or self.client_key_credential):
            raise ValueError("client_key、client_key_credential 须与 client_certificate 同时写")
        if self.proxy_credential and not self.proxy:
            raise ValueError("proxy_credential 须与 proxy 同时写")
        if self.authority and not self.verify_tls:
            raise ValueError("verify_tls = false 时不写 authority")
        return self


class HttpTransport(WebAccess):
    """Rows are delivered over HTTP (接口报送)."""

    address_key: ClassVar[str] = "base_url"
    type: Literal["http"]
    """Kind of transport."""
