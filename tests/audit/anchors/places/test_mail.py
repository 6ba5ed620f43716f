"""An anchor leaves by mail as an attachment, and no password is shown on the way."""

import email
import email.policy
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from structlog.testing import capture_logs

from tests.audit.anchors.conftest import Bureau
from xinqiao.audit.anchors.form import read_anchor
from xinqiao.audit.anchors.places.mail import MailPlace
from xinqiao.errors import BusyError, SettingsError, XinqiaoError

RECIPIENT = "audit@example.org"
PASSWORD = "geheim-4711"
NAME = "xinqiao-anchor-0a1b2c3d-00000001-20261120020000.json"


class Mailbox:
    """A mail server's handler that keeps what it takes, or refuses everything.

    Attributes:
        refusal: What it answers to whatever is sent; empty to take it.
        taken: What it took.
    """

    def __init__(self) -> None:
        self.refusal = ""
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusal:
            return self.refusal
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        assert envelope.rcpt_tos == [RECIPIENT]
        self.taken.append(found)
        return "250 OK"


@pytest.fixture
def bureau(bureau: Bureau) -> Bureau:
    """A bureau with patience: the notification library takes its time to load."""
    bureau.patience = 30
    return bureau


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    """Give the port of a real server on loopback."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


@pytest.fixture
def way(port: int) -> str:
    """Return the address by which mail leaves for it."""
    return f"mailto://127.0.0.1:{port}?from=xinqiao@example.org"


def attachment(message: EmailMessage) -> tuple[str | None, bytes]:
    (part,) = message.iter_attachments()
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return part.get_filename(), content


def test_the_attachment_is_the_anchor_to_the_byte(
    bureau: Bureau, mailbox: Mailbox, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_SECRET_ANCHOR_MAIL", way)
    bureau.settings(folders=(), mail=(RECIPIENT,))
    made = bureau.service.write()
    assert [(one.place, one.numbers, one.trouble) for one in made.places] == [
        (f"mail:{RECIPIENT}", (1,), "")
    ]
    (message,) = mailbox.taken
    assert made.anchor is not None
    assert attachment(message) == (made.anchor.file_name, made.anchor.text.encode())
    assert made.anchor.file_name in message["Subject"]
    assert read_anchor(made.anchor.text) == made.anchor


def test_what_was_sent_is_not_sent_again(
    bureau: Bureau, mailbox: Mailbox, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_SECRET_ANCHOR_MAIL", way)
    bureau.settings(folders=(), mail=(RECIPIENT,))
    for _ in range(3):
        bureau.service.write()
        bureau.happen()
    assert len({attachment(one) for one in mailbox.taken}) == len(mailbox.taken) == 3


def test_what_a_server_does_not_take_is_brought_there_later(
    bureau: Bureau, mailbox: Mailbox, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XINQIAO_SECRET_ANCHOR_MAIL", way)
    bureau.settings(folders=(), mail=(RECIPIENT,))
    mailbox.refusal = "452 Insufficient system storage"
    (delivered,) = bureau.service.write().places
    assert "邮件服务器没有收下" in delivered.trouble
    mailbox.refusal = ""
    (delivered,) = bureau.service.write().places
    assert (delivered.numbers[0], delivered.trouble) == (1, "")
    assert len(mailbox.taken) == len(delivered.numbers)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    gone = f"mailto://user:{PASSWORD}@127.0.0.1:{free_port()}?from=xinqiao@example.org"
    place = MailPlace(RECIPIENT, lambda: gone)
    with capture_logs() as logs, pytest.raises(BusyError, match="secrets/anchor-mail") as caught:
        place.put(NAME, "{}")
    for text in (str(caught.value), caught.value.message, repr(place), str(logs)):
        assert PASSWORD not in text


@pytest.mark.parametrize(
    "unsafe",
    [
        f"mailto://user:{PASSWORD}@smtp.example.org",
        f"mailtos://user:{PASSWORD}@smtp.example.org?verify=no",
        f"mailtos://user:{PASSWORD}@smtp.example.org?to=x@example.org&verify=False",
        f"mailto://user:{PASSWORD}@127.0.0.1.example.org",
    ],
)
def test_a_way_that_shows_the_password_on_the_line_is_refused(unsafe: str) -> None:
    with pytest.raises(SettingsError, match="不安全") as caught:
        MailPlace(RECIPIENT, lambda: unsafe).put(NAME, "{}")
    assert PASSWORD not in caught.value.message


@pytest.mark.parametrize(
    "none", ["", "smtp.example.org", f"json://user:{PASSWORD}@example.org", "mailtos://[::1", "x:"]
)
def test_what_is_no_way_for_mail_is_refused_without_being_quoted(none: str) -> None:
    with pytest.raises(XinqiaoError, match="不能用") as caught:
        MailPlace(RECIPIENT, lambda: none).put(NAME, "{}")
    assert PASSWORD not in caught.value.message


def test_the_server_of_these_tests_answers_as_a_mail_server_does(port: int) -> None:
    """Else every test of a refusal would pass for the wrong reason."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        assert client.noop()[0] == 250
