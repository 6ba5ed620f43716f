"""Mail: each anchor goes to one recipient as an attachment (邮件附件).

What was sent lies in somebody else's mailbox, out of reach of whoever owns this machine. The way
there (server, sender, password) is one address as the notification library writes it, and a secret.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from xinqiao.errors import BusyError, SettingsError

_SCHEMES = ("mailto://", "mailtos://")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_TITLE = "信桥审计锚点 {name}"
_TEXT = (
    "附件是信桥审计日志的一个签名锚点，不含任何记录内容和个人信息。"
    "请原样保存，不要改动；核验审计日志时用得到。"
)


@dataclass(frozen=True, slots=True, repr=False)
class MailPlace:
    """One recipient.

    Attributes:
        recipient: Mail address.
        way: Tells how mail leaves: an address such as ``mailtos://user:password@smtp.example.org``.
    """

    recipient: str
    way: Callable[[], str]

    def __repr__(self) -> str:
        """Name the recipient and never the way, which holds a password."""
        return f"MailPlace({self.recipient!r})"

    @property
    def name(self) -> str:
        """What it is called."""
        return f"mail:{self.recipient}"

    def put(self, file_name: str, text: str) -> None:
        """Send an anchor.

        Raises:
            SettingsError: There is no way, or it is none for mail.
            BusyError: The server did not take it.
        """
        # imported here: the library knows a hundred services and takes its time to load them
        from apprise import Apprise, AppriseAttachment  # noqa: PLC0415 - see above
        from apprise.attachment.memory import AttachMemory  # noqa: PLC0415 - see above

        server = self.way()
        _refuse_unsafe(server)
        way = f"{server}{'&' if '?' in server else '?'}to={quote(self.recipient)}"
        sender = Apprise()
        if not sender.add(way):
            raise _no_way()
        content = AttachMemory(content=text, name=file_name, mimetype="application/json")  # type: ignore[no-untyped-call] # the library's own
        sent = False
        with suppress(TypeError, OSError):
            title = _TITLE.format(name=file_name)
            sent = bool(sender.notify(title=title, body=_TEXT, attach=AppriseAttachment(content)))
        if not sent:
            raise BusyError(
                f"锚点没有能发给 {self.recipient}：邮件服务器没有收下，稍后自动再试；"
                "请检查 secrets/anchor-mail.txt 里的服务器、用户和密码",
                code="anchor_mail",
            )


def _refuse_unsafe(way: str) -> None:
    """Refuse what is no way for mail, or would show the password on the line."""
    try:
        parts = urlsplit(way)
        local = parts.hostname in _LOCAL
    except ValueError:
        raise _no_way() from None
    if f"{parts.scheme}://" not in _SCHEMES:
        raise _no_way()
    plain = parts.scheme == "mailto" and not local
    if plain or "verify" in parse_qs(parts.query):
        raise SettingsError(
            "secrets/anchor-mail.txt 里的发信地址不安全：请用 mailtos://（加密并核对服务器证书），"
            "不要写 mailto:// 或 verify",
            code="anchor_mail_unsafe",
        )


def _no_way() -> SettingsError:
    # the address itself is not quoted: it holds a password
    return SettingsError(
        "secrets/anchor-mail.txt 里的发信地址不能用：写法如 "
        "mailtos://用户:密码@smtp.example.org，密码里的特殊字符要写成 %40 这样的形式",
        code="anchor_mail_address",
    )
