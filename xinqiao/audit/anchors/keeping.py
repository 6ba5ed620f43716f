"""Having the key that is in force: made once, never replaced in silence (密钥的建立与更换)."""

from datetime import datetime
from pathlib import Path

from xinqiao.audit.anchors.signing import SigningKey, create_key, fingerprint, load_key
from xinqiao.audit.anchors.writing import before
from xinqiao.audit.append import append
from xinqiao.audit.chain import Entry
from xinqiao.database.engine import Database
from xinqiao.errors import DamageError, SettingsError, reason_of

KEY_CREATED = "anchor.key_created"
_NEXT = "anchor-next.pem"


def key_in_force(path: Path, database: Database, *, actor: str, at: datetime) -> SigningKey:
    """Return the signing key; made, and audited with its public key, where there never was one.

    Args:
        path: Where it lies.
        database: Whose log is to be signed.
        actor: Who has it made, if it is.
        at: When.

    Raises:
        SettingsError: It is lost, or another one than the last anchor names.
    """
    key = load_key(path)
    with database.reading() as connection:
        earlier = before(connection)
    if earlier is not None and (key is None or key.public != earlier.key):
        key = _renewed(path, earlier.key)
    if key is None:
        key = _made(path, database, actor, at)
    return key


def next_key(path: Path) -> SigningKey:
    """Return the key that follows the one in force; made where none waits already."""
    waiting = path.with_name(_NEXT)
    return load_key(waiting) or create_key(waiting)


def put_in_force(path: Path) -> None:
    """Let the key that waits take the place of the one in ``path``, which is destroyed."""
    path.with_name(_NEXT).replace(path)


def _renewed(path: Path, announced: str) -> SigningKey:
    """Return the key that the last anchor announced; a change that was cut off is finished."""
    waiting = load_key(path.with_name(_NEXT))
    if waiting is not None and waiting.public == announced:
        put_in_force(path)
        return waiting
    raise SettingsError(
        f"锚点签名密钥 {path} 不见了，或不是最近一个锚点所用的：请从备份恢复。"
        "不会新建，否则已有的锚点不能再证明以后的日志",
        code="anchor_key_lost",
    )


def _made(path: Path, database: Database, actor: str, at: datetime) -> SigningKey:
    try:
        key = create_key(path)
    except FileExistsError:
        # another process was faster
        found = load_key(path)
        if found is None:
            raise DamageError(f"锚点签名密钥 {path} 刚刚被删除", code="anchor_key") from None
        return found
    except OSError as error:
        raise SettingsError(
            f"锚点签名密钥 {path} 写不了：{reason_of(error)}，请检查权限", code="anchor_key"
        ) from error
    entry = Entry(KEY_CREATED, details={"key": fingerprint(key.public), "public_key": key.public})
    with database.writing() as connection:
        append(connection, [entry], actor=actor, at=at)
    return key
