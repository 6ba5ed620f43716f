"""The way to a platform: certificates that are trusted and shown, and the proxy (网络与证书).

Read once, when a connector is made: a certificate that is missing is told before anything is sent.
"""

import ssl
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from xinqiao.adapters.base import Surroundings
from xinqiao.adapters.http.access import WebAccess
from xinqiao.errors import SettingsError, reason_of

_WHERE = "transport 或 web"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy (代理服务器).

    Attributes:
        url: Its address.
        login: User name and password, where it wants them.
    """

    url: str
    login: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """How connections are made.

    Attributes:
        tls: What is trusted and shown; None for an address without TLS.
        proxy: What all connections go through; never taken from the environment.
    """

    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None


DIRECT = Network()
"""No proxy, and the authorities known to the public."""


def network_for(access: WebAccess, surroundings: Surroundings) -> Network:
    """Return how ``access`` is reached.

    Raises:
        SettingsError: A file is missing, can be read or changed by others, or holds no certificate
            or key; or the proxy's secret is missing. The message says which and what to do.
    """
    encrypted = urlsplit(access.base_url).scheme == "https"
    return Network(
        tls=_tls(access, surroundings) if encrypted else None, proxy=_proxy(access, surroundings)
    )


def _tls(access: WebAccess, surroundings: Surroundings) -> ssl.SSLContext:
    context = _trusting(access, surroundings)
    if access.client_certificate:
        certificate = _own_file(access.client_certificate, "client_certificate", surroundings)
        key = _own_file(access.client_key or access.client_certificate, "client_key", surroundings)
        password = _secret(access.client_key_credential, "client_key_credential", surroundings)
        try:
            # a password of its own, even an empty one: without it the library asks on the terminal
            context.load_cert_chain(certificate, key, password=lambda: password)
        except (OSError, ValueError):
            # the cause is left out: there is nothing in it that helps more than this
            raise SettingsError(
                f"客户端证书 {certificate} 或密钥 {key} 不能使用：应为 PEM 格式且互相匹配；"
                f"密钥有口令时，请在{_WHERE}的 client_key_credential 中写明口令的凭据名",
                code="certificate",
            ) from None
    return context


def _trusting(access: WebAccess, surroundings: Surroundings) -> ssl.SSLContext:
    if not access.verify_tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not access.authority:
        return ssl.create_default_context(cafile=certifi.where())
    path = _existing(surroundings.root / access.authority, "authority")
    if _mode(path) & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(
            f"根证书文件 {path} 能被他人改写：请执行 chmod go-w {path}", code="certificate"
        )
    try:
        # nobody else's certificates are trusted beside it
        return ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        raise SettingsError(
            f"根证书文件 {path} 不能读取，应为 PEM 格式的证书，请更换", code="certificate"
        ) from None


def _own_file(name: str, key: str, surroundings: Surroundings) -> Path:
    path = _existing(surroundings.secrets / name, key)
    if _mode(path) & 0o077:
        raise SettingsError(
            f"证书文件 {path} 能被他人读取：请执行 chmod 600 {path}", code="certificate"
        )
    return path


def _existing(path: Path, key: str) -> Path:
    if not path.is_file():
        raise SettingsError(
            f"没有证书文件 {path}，请放入该文件，或更正{_WHERE}中的 {key}", code="certificate"
        )
    try:
        path.open("rb").close()
    except OSError as error:
        raise SettingsError(
            f"证书文件 {path} 不能读取（{reason_of(error)}），请检查属主和权限", code="certificate"
        ) from error
    return path


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _proxy(access: WebAccess, surroundings: Surroundings) -> Proxy | None:
    if not access.proxy:
        return None
    if not access.proxy_credential:
        return Proxy(access.proxy)
    user, colon, password = _secret(
        access.proxy_credential, "proxy_credential", surroundings
    ).partition(":")
    if not colon:
        raise SettingsError(
            f"凭据 {access.proxy_credential} 应写作“用户名:口令”，供代理服务器使用，"
            "请在 secrets 目录中更正",
            code="credentials",
        )
    return Proxy(access.proxy, (user, password))


def _secret(name: str, key: str, surroundings: Surroundings) -> str:
    if not name:
        return ""
    secret = surroundings.credentials.values.get(name, "")
    if not secret:
        raise SettingsError(
            f"{_WHERE}的 {key} 所写的凭据 {name} 缺失，请在 secrets 目录中补上",
            code="credentials",
        )
    return secret
