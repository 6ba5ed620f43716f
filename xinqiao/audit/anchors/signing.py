"""The key by which anchors are signed (锚点签名密钥), and telling whether one is by it."""

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from xinqiao.audit.anchors.form import Anchor
from xinqiao.errors import InputError, SettingsError, reason_of

_PAPER_LENGTH = 32
_GROUP = 4
_LONGEST_FILE = 4096


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The private key; it is never shown."""

    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        """Name the key by its fingerprint."""
        return f"SigningKey({paper(fingerprint(self.public))})"

    @property
    def public(self) -> str:
        """The public key, 64 hex digits."""
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return raw.hex()

    def signed(self, anchor: Anchor) -> Anchor:
        """Return ``anchor`` with its signature."""
        signature = self.private.sign(anchor.signed_bytes).hex()
        return anchor.model_copy(update={"signature": signature})


def fingerprint(public: str) -> str:
    """Return SHA-256 (64 hex digits) over the 32 bytes of a public key."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()


def paper(whole: str) -> str:
    """Return a fingerprint as it is written on paper: its first 128 bits in groups of four."""
    short = whole[:_PAPER_LENGTH].upper()
    return " ".join(short[at : at + _GROUP] for at in range(0, _PAPER_LENGTH, _GROUP))


def public_pem(public: str) -> str:
    """Return a public key as PEM text (RFC 7468)."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def is_signed(anchor: Anchor) -> bool:
    """Tell whether an anchor's signature is by the public key that it names."""
    if fingerprint(anchor.public_key) != anchor.key:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(anchor.public_key))
        key.verify(bytes.fromhex(anchor.signature), anchor.signed_bytes)
    except (InvalidSignature, ValueError):
        return False
    return True


def create_key(path: Path) -> SigningKey:
    """Write a new key that only its owner can read; never overwrites one.

    Raises:
        OSError: It cannot be written, or exists (FileExistsError).
    """
    key = SigningKey(Ed25519PrivateKey.generate())
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    return key


def load_key(path: Path) -> SigningKey | None:
    """Return the key in ``path``; None where there is none.

    Raises:
        SettingsError: Others can read it, or it is no such key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        pem = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"锚点签名密钥 {path} 无法读取：{reason_of(error)}，请检查权限", code="anchor_key"
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"锚点签名密钥 {path} 能被他人读取（权限 {mode:04o}）：请执行 chmod 600 {path}",
            code="anchor_key_mode",
        )
    with suppress(ValueError, TypeError):
        private = load_pem_private_key(pem, password=None)
        if isinstance(private, Ed25519PrivateKey):
            return SigningKey(private)
    raise SettingsError(f"{path} 不是锚点签名密钥（Ed25519）：请从备份恢复", code="anchor_key")


def read_public_key(path: Path) -> str:
    """Return the public key in a file (PEM, as ``audit anchors key`` prints it).

    Raises:
        InputError: There is none in it.
    """
    try:
        with path.open("rb") as file:
            pem = file.read(_LONGEST_FILE)
    except OSError as error:
        raise InputError(f"公钥文件 {path} 无法读取：{reason_of(error)}") from error
    with suppress(ValueError, TypeError):
        key = load_pem_public_key(pem)
        if isinstance(key, Ed25519PublicKey):
            return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    raise InputError(
        f"{path} 里没有锚点公钥：应为 xinqiao audit anchors key 显示的那段文字"
        "（以 -----BEGIN PUBLIC KEY----- 开头）"
    )
