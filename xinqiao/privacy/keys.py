"""Keys of one workspace: AES-256-GCM for values at rest, HMAC-SHA-256 for look-up.

The key file stands outside the database, so that a copied database alone tells nothing
(个人信息保护法 §51: encryption and de-identification as technical measures). Every encrypted value
names the key that made it, so keys can be added without rewriting what exists.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xinqiao.errors import DamageError, SettingsError

TOKEN_PREFIX = "enc:1:"  # noqa: S105 - a format's name, not a password
_NONCE_BYTES = 12
_KEY_BYTES = 32
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,20}")


class KeyRing:
    """The keys of one workspace.

    Args:
        current: Id of the key that encrypts new values.
        encryption: Key id → 32 bytes.
        lookup: 32 bytes for keyed hashes; separate, so that hashes survive a change of keys.
    """

    def __init__(self, current: str, encryption: Mapping[str, bytes], lookup: bytes) -> None:
        """Keep the keys; see the class."""
        self.current = current
        self._ciphers = {key_id: AESGCM(key) for key_id, key in encryption.items()}
        self._lookup = lookup

    def __repr__(self) -> str:
        """Name the keys and never show one."""
        return f"KeyRing(current={self.current!r}, keys={sorted(self._ciphers)!r})"

    def encrypt(self, plain: bytes, context: str) -> tuple[str, bytes]:
        """Encrypt ``plain``; return (key id, nonce + ciphertext + tag).

        ``context`` says where the value belongs (record and field, batch) and must be given again
        to decrypt, so that a value moved to another place is refused.
        """
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, plain, context.encode())
        return self.current, nonce + sealed

    def decrypt(self, key_id: str, sealed: bytes, context: str) -> bytes:
        """Return what :meth:`encrypt` was given.

        Raises:
            SettingsError: The key is not in the key file.
            DamageError: The value was changed, moved, or made with another key of the same name.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SettingsError(
                f"密钥文件里没有密钥“{key_id}”，无法解密用它保存的内容；"
                "请恢复原来的 secrets/keys.toml",
                code="key_missing",
            )
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut off within the nonce
            raise _damage() from error

    def encrypt_text(self, text: str, context: str) -> str:
        """Return ``text`` as a printable token that names its format and key."""
        key_id, sealed = self.encrypt(text.encode(), context)
        return f"{TOKEN_PREFIX}{key_id}:{_encode(sealed)}"

    def decrypt_text(self, token: str, context: str) -> str:
        """Return the text of a token made by :meth:`encrypt_text`; raises as :meth:`decrypt`."""
        key_id, _, encoded = token.removeprefix(TOKEN_PREFIX).partition(":")
        try:
            sealed = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise _damage() from error
        # bits that the encoding does not use may not be changed either
        if not is_token(token) or _encode(sealed) != encoded:
            raise _damage()
        return self.decrypt(key_id, sealed, context).decode()

    def lookup_hash(self, value: bytes) -> str:
        """Return a keyed hash (64 hex digits): equal for equal values, useless without the key."""
        return hmac.new(self._lookup, value, hashlib.sha256).hexdigest()


def is_token(text: str) -> bool:
    """Tell whether ``text`` is a token made by :meth:`KeyRing.encrypt_text`."""
    return text.startswith(TOKEN_PREFIX)


def create_key_file(path: Path) -> None:
    """Write a new key file that only its owner can read; never overwrites one.

    Raises:
        OSError: It cannot be written, or exists (FileExistsError).
    """
    lines = [
        "# 信桥密钥。丢失后，库中的证件号码无法恢复；请离线备份，不要放进数据库备份里。",
        'current = "k1"',
        f'lookup = "{_encode(secrets.token_bytes(_KEY_BYTES))}"',
        "",
        "[encryption]",
        f'k1 = "{_encode(secrets.token_bytes(_KEY_BYTES))}"',
        "",
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
        # a value encrypted with a key that a power cut takes away is lost for ever
        file.flush()
        os.fsync(descriptor)


def load_key_file(path: Path) -> KeyRing:
    """Read the key file.

    Raises:
        SettingsError: It is missing, readable by others, or not in its form.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(
            f"找不到密钥文件 {path}：没有它就读不出已保存的证件号码；请从备份恢复，不要新建",
            code="key_file_missing",
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"密钥文件 {path} 无法读取：请检查权限，或从备份恢复", code="key_file"
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"密钥文件 {path} 能被他人读取（权限 {mode:04o}）：请执行 chmod 600 {path}",
            code="key_file_mode",
        )
    return _ring(plain, path)


def _ring(plain: Mapping[str, object], path: Path) -> KeyRing:
    encryption = plain.get("encryption")
    current = plain.get("current")
    if not isinstance(encryption, dict):
        encryption = {}
    try:
        keys = {_key_id(name): _decode(text) for name, text in encryption.items()}
        keys[str(current)]  # the key that new values need
        return KeyRing(str(current), keys, _decode(plain.get("lookup")))
    except (KeyError, ValueError) as error:
        raise SettingsError(
            f"密钥文件 {path} 内容不完整：需要 current、lookup 和 [encryption] 中的 32 字节密钥",
            code="key_file",
        ) from error


def _damage() -> DamageError:
    return DamageError(
        "有一个加密值无法解密：数据库被改动过，或密钥文件不是这个工作区的", code="decryption"
    )


def _key_id(name: str) -> str:
    # it stands between colons in tokens and in a column of 20 characters
    if not _KEY_ID.fullmatch(name):
        raise ValueError(name)
    return name


def _encode(plain: bytes) -> str:
    return base64.b64encode(plain).decode()


def _decode(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError(text)  # noqa: TRY004 - one kind of refusal for one kind of file fault
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError(len(key))
    return key
