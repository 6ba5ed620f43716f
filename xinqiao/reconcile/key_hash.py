"""Keys of a platform's records as they are kept for comparing: hashed with the workspace's key.

A key may hold a person's number, and a difference outlives the reading that found it.
"""

from xinqiao.privacy.keys import KeyRing


def hash_of_key(keys: KeyRing, platform: str, kind: str, key: str) -> str:
    """Return the keyed hash (64 hex digits) of a record's key at a platform, or in a source.

    Args:
        keys: Of the workspace.
        platform: The platform, or the source.
        kind: Record kind.
        key: The key as it stands there.
    """
    return keys.lookup_hash(f"{platform}\0{kind}\0{key}".encode())
