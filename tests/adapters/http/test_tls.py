"""Certificates against a real server: whom we trust, who trusts us, and what it means for rows."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.adapters.http.tls import Server, proxy, tls_server
from xinqiao.adapters.base import Credentials, Outcome, SealedBatch, Surroundings
from xinqiao.adapters.codes import words_for
from xinqiao.adapters.connector import ProfileConnector, build
from xinqiao.adapters.profile import load_profile
from xinqiao.clock import Clock
from xinqiao.errors import SettingsError

OURS = "county.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def came() -> list[bytes]:
    """First line of every request that the platform could read."""
    return []


@pytest.fixture
def started() -> Iterator[Callable[[Server], Server]]:
    servers: list[Server] = []

    def start(server: Server) -> Server:
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def platform(
    authority: trustme.CA, came: list[bytes], started: Callable[[Server], Server]
) -> Callable[..., str]:
    """Start a platform with a certificate; return its address."""

    def start(
        certificate: trustme.LeafCert | None = None,
        *,
        clients_of: trustme.CA | None = None,
        newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        (certificate or authority.issue_cert("127.0.0.1")).configure_cert(context)
        if clients_of is not None:
            clients_of.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return f"https://127.0.0.1:{started(tls_server(context, came)).port}"

    return start


@pytest.fixture
def workspace(tmp_path: Path, authority: trustme.CA) -> Path:
    """A workspace with the platform's authority and a certificate of our own."""
    (tmp_path / "secrets").mkdir(mode=0o700)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ours = authority.issue_cert(OURS)
    for name, blobs in (
        ("cert.pem", ours.cert_chain_pems),
        ("key.pem", [ours.private_key_pem]),
        ("both.pem", [ours.private_key_and_cert_chain_pem]),
    ):
        path = tmp_path / "secrets" / name
        path.touch(mode=0o600)
        for blob in blobs:
            blob.write_to_path(str(path), append=True)
    return tmp_path


@pytest.fixture
def connect(workspace: Path, request: pytest.FixtureRequest) -> Callable[..., ProfileConnector]:
    def make(url: str, **transport: Any) -> ProfileConnector:
        overlay = {
            "authentication": [],
            "credentials": {"proxy_login": "代理口令", "key_password": "密钥口令"},
            "transport": {"base_url": url, "attempts": 1, "authority": "ca.pem", **transport},
        }
        secrets = {"client_id": "c", "client_secret": "s", "proxy_login": "clerk:pa:ss"}
        connector = build(
            load_profile("credit_shandong", overlay),
            Surroundings(
                Credentials({**secrets, "key_password": "0pen"}),
                Clock(),
                {"organisation_code": "11370323MB2826290X"},
                root=workspace,
                secrets=workspace / "secrets",
            ),
        )
        request.addfinalizer(connector.close)
        return connector

    return make


Platform = Callable[..., str]
Connect = Callable[..., ProfileConnector]


def test_a_private_authority_is_trusted_when_the_profile_names_it(
    platform: Platform, connect: Connect, came: list[bytes], batch: SealedBatch
) -> None:
    assert connect(platform()).submit(batch).code == "not_json"
    assert came == [b"POST /api/v1/submissions HTTP/1.1"]


def expired(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (lambda _: trustme.CA().issue_cert("127.0.0.1"), "tls_unknown_authority"),
        (lambda authority: authority.issue_cert("127.0.0.2"), "tls_names_mismatch"),
        (lambda authority: authority.issue_cert("platform.example"), "tls_names_mismatch"),
        (expired, "tls_expired"),
    ],
    ids=["unknown authority", "another address", "another name", "expired"],
)
def test_a_platform_that_cannot_prove_itself_is_sent_nothing(
    certificate: Callable[[trustme.CA], trustme.LeafCert],
    code: str,
    authority: trustme.CA,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    reply = connect(platform(certificate(authority))).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, code)
    assert reply.message == words_for(code)
    assert "证书" in reply.message
    assert came == []


def test_a_name_that_does_not_match_is_refused_for_names_too(
    authority: trustme.CA,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    url = platform(authority.issue_cert("platform.example")).replace("127.0.0.1", "localhost")
    reply = connect(url).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "tls_names_mismatch")
    assert came == []


def test_an_authority_known_to_the_public_is_no_help_for_a_private_one(
    platform: Platform, connect: Connect, batch: SealedBatch
) -> None:
    reply = connect(platform(), authority="").submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "tls_unknown_authority")


def test_only_a_profile_that_says_so_trusts_everybody(
    platform: Platform, connect: Connect, came: list[bytes], batch: SealedBatch
) -> None:
    certificate = trustme.CA().issue_cert("platform.example")
    connect(platform(certificate), verify_tls=False, authority="").submit(batch)
    assert len(came) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"client_certificate": "cert.pem", "client_key": "key.pem"},
        {"client_certificate": "both.pem"},
    ],
)
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_our_certificate_is_shown_to_a_platform_that_wants_one(
    files: dict[str, str],
    newest: ssl.TLSVersion,
    authority: trustme.CA,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    connect(platform(clients_of=authority, newest=newest), **files).submit(batch)
    assert came == [b"POST /api/v1/submissions HTTP/1.1"]


@pytest.mark.parametrize("files", [{}, {"client_certificate": "both.pem"}], ids=["none", "foreign"])
def test_before_tls_13_a_refused_certificate_is_known_before_anything_leaves(
    files: dict[str, str],
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    url = platform(clients_of=trustme.CA(), newest=ssl.TLSVersion.TLSv1_2)
    reply = connect(url, **files).submit(batch)
    assert reply.outcome is Outcome.RETRYABLE
    assert reply.code in {"client_certificate_refused", "tls_failed", "connect_failed"}
    assert came == []


@pytest.mark.parametrize("files", [{}, {"client_certificate": "both.pem"}], ids=["none", "foreign"])
def test_with_tls_13_the_request_may_have_left_before_the_certificate_was_refused(
    files: dict[str, str],
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    reply = connect(platform(clients_of=trustme.CA()), **files).submit(batch)
    assert reply.outcome is Outcome.IN_DOUBT
    # the alert, or only the end of the connection, whichever is read first
    assert reply.code in {"client_certificate_refused", "cut_off", "write_failed"}
    assert came == []


def protect(workspace: Path, password: bytes) -> None:
    """Replace our key by the same one under a password."""
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415 - one use

    path = workspace / "secrets" / "key.pem"
    key = forms.load_pem_private_key(path.read_bytes(), None)
    lock = forms.BestAvailableEncryption(password)
    path.write_bytes(
        key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.TraditionalOpenSSL, lock)
    )


def test_a_key_under_a_password_is_opened_with_the_secret_that_the_profile_names(
    workspace: Path,
    authority: trustme.CA,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    batch: SealedBatch,
) -> None:
    protect(workspace, b"0pen")
    files = {"client_certificate": "cert.pem", "client_key": "key.pem"}
    url = platform(clients_of=authority)
    with pytest.raises(SettingsError, match="client_key_credential"):
        connect(url, **files)
    connect(url, **files, client_key_credential="key_password").submit(batch)
    assert len(came) == 1


@pytest.mark.parametrize(
    ("spoil", "transport", "told"),
    [
        (
            None,
            {"client_certificate": "absent.pem"},
            "没有证书文件 .*absent.pem.*client_certificate",
        ),
        (
            None,
            {"client_certificate": "cert.pem", "client_key": "absent.pem"},
            "没有证书文件 .*absent.pem.*client_key",
        ),
        (
            lambda folder: (folder / "secrets/both.pem").chmod(0o640),
            {"client_certificate": "both.pem"},
            "能被他人读取：请执行 chmod 600 .*both.pem",
        ),
        (
            lambda folder: (folder / "secrets/both.pem").write_text("nothing"),
            {"client_certificate": "both.pem"},
            "应为 PEM 格式",
        ),
        (None, {"client_certificate": "cert.pem"}, "应为 PEM 格式且互相匹配"),
        (None, {"authority": "absent.pem"}, "没有证书文件 .*absent.pem.*authority"),
        (
            lambda folder: (folder / "ca.pem").chmod(0o666),
            {},
            "能被他人改写：请执行 chmod go-w .*ca.pem",
        ),
        (lambda folder: (folder / "ca.pem").write_text("nothing"), {}, "根证书文件 .*不能读取"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_before_anything_is_sent(
    spoil: Callable[[Path], object] | None,
    transport: dict[str, str],
    told: str,
    workspace: Path,
    connect: Connect,
) -> None:
    if spoil is not None:
        spoil(workspace)
    with pytest.raises(SettingsError, match=told):
        connect("https://127.0.0.1:1", **transport)


def test_a_file_that_belongs_to_somebody_else_is_told(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **keys: Any) -> Any:
        if path.name == "ca.pem":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **keys)

    # whoever runs the tests as root can read everything
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SettingsError, match="不能读取（没有权限），请检查属主和权限"):
        connect("https://127.0.0.1:1")


def test_certificates_are_not_asked_for_where_nothing_is_encrypted(connect: Connect) -> None:
    connect("http://127.0.0.1:1", authority="absent.pem", client_certificate="absent.pem")


def test_a_tunnel_through_the_proxy_reaches_the_platform(
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    started: Callable[[Server], Server],
    batch: SealedBatch,
) -> None:
    heads: list[bytes] = []
    url, through = platform(), started(proxy(heads))
    connect(url, proxy=f"http://127.0.0.1:{through.port}").submit(batch)
    assert came == [b"POST /api/v1/submissions HTTP/1.1"]
    target = url.removeprefix("https://").encode()
    assert [head.split(b"\r\n")[0] for head in heads] == [b"CONNECT " + target + b" HTTP/1.1"]
    assert b"Proxy-Authorization" not in heads[0]


def test_the_platform_proves_itself_through_the_proxy_too(
    authority: trustme.CA,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    started: Callable[[Server], Server],
    batch: SealedBatch,
) -> None:
    through = started(proxy([]))
    reply = connect(platform(expired(authority)), proxy=f"http://127.0.0.1:{through.port}").submit(
        batch
    )
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "tls_expired")
    assert came == []


@pytest.mark.parametrize(
    "refusal",
    [b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 502 x\r\n\r\n", b"cut"],
    ids=["login wanted", "cannot reach", "cut off"],
)
def test_a_tunnel_that_is_not_opened_sent_nothing(
    refusal: bytes,
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    started: Callable[[Server], Server],
    batch: SealedBatch,
) -> None:
    through = started(proxy([], refusal))
    reply = connect(platform(), proxy=f"http://127.0.0.1:{through.port}").submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "proxy_failed")
    assert "代理" in reply.message
    assert came == []


def test_a_proxy_that_is_silent_sent_nothing(
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    started: Callable[[Server], Server],
    batch: SealedBatch,
) -> None:
    def wait(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    through = started(Server(wait))
    url = f"http://127.0.0.1:{through.port}"
    reply = connect(platform(), proxy=url, read_seconds=0.3, connect_seconds=0.3).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.RETRYABLE, "proxy_failed")
    assert came == []


def test_an_address_without_tls_is_forwarded_and_the_proxy_gets_its_login(
    connect: Connect, started: Callable[[Server], Server], batch: SealedBatch
) -> None:
    heads: list[bytes] = []
    through = started(proxy(heads))
    reply = connect(
        "http://platform.invalid",
        proxy=f"http://127.0.0.1:{through.port}",
        proxy_credential="proxy_login",
    ).submit(batch)
    assert (reply.outcome, reply.code) == (Outcome.IN_DOUBT, "not_json")
    assert heads[0].startswith(b"POST http://platform.invalid/api/v1/submissions HTTP/1.1\r\n")
    # clerk:pa:ss
    assert b"proxy-authorization: basic y2xlcms6cge6c3m=" in heads[0].lower()


def test_no_proxy_is_taken_from_the_environment(
    platform: Platform,
    connect: Connect,
    came: list[bytes],
    started: Callable[[Server], Server],
    monkeypatch: pytest.MonkeyPatch,
    batch: SealedBatch,
) -> None:
    heads: list[bytes] = []
    through = started(proxy(heads))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{through.port}")
    connect(platform()).submit(batch)
    assert (len(came), heads) == (1, [])


def test_a_proxys_login_without_a_colon_is_told_and_not_shown(connect: Connect) -> None:
    with pytest.raises(SettingsError, match="用户名:口令") as raised:
        connect("http://x.invalid", proxy="http://127.0.0.1:1", proxy_credential="key_password")
    assert "0pen" not in raised.value.message


@pytest.mark.parametrize(
    ("transport", "told"),
    [
        ({"proxy": "https://127.0.0.1:1"}, "transport.proxy 应为 http:// 开头的代理地址"),
        ({"proxy": "http://u:p@127.0.0.1:1"}, "transport.proxy 地址里不得写用户名、密码"),
        ({"proxy_credential": "proxy_login"}, "proxy_credential 须与 proxy 同时写"),
        ({"client_certificate": "../x.pem"}, "应为 secrets 目录中的文件名"),
        ({"client_key": "key.pem"}, "须与 client_certificate 同时写"),
        ({"verify_tls": False}, "verify_tls = false 时不写 authority"),
        (
            {"proxy": "http://127.0.0.1:1", "proxy_credential": "absent"},
            "proxy_credential 所写的凭据 absent 缺失",
        ),
    ],
)
def test_a_mistake_about_the_network_is_told(
    transport: dict[str, Any], told: str, connect: Connect
) -> None:
    with pytest.raises(SettingsError, match=told):
        connect("https://127.0.0.1:1", **transport)
