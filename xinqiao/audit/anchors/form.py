"""The form of an anchor (锚点): what stood at the end of the log at one moment, signed.

An anchor is RFC 8785 text of twelve facts and an Ed25519 signature (RFC 8032) over the text without
it. Each anchor covers the entries since the one before and names that one's hash, so that anchors
are a chain of their own; it says nothing of any record and may be given to anybody.
"""

import hashlib
import json
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT: Literal["xinqiao-anchor/1"] = "xinqiao-anchor/1"
NONE_BEFORE = "0" * 64
"""What the first anchor names as the hash of the one before it."""

LONGEST = 4096
"""Bytes; no anchor comes near it, and what is longer is not read."""

Hash = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]


class Anchor(BaseModel):
    """One anchor.

    Attributes:
        format: Names this form.
        workspace: Hash of the log's first entry: no two workspaces share it.
        number: Counts the anchors of a workspace from 1.
        first: Number of the first entry covered.
        last: Number of the last entry covered.
        count: How many entries that are.
        head: Hash of the last entry; by the chain it stands for everything before it.
        root: Root of the Merkle tree over the hashes of the entries covered
            (:mod:`xinqiao.audit.anchors.tree`).
        previous: Hash of the anchor before.
        at: When it was made, as an ISO 8601 instant.
        key: Fingerprint of the public key, SHA-256 over its 32 bytes.
        public_key: The public key, 64 hex digits.
        next_key: Public key by which the following anchors are signed, where it changes.
        signature: 128 hex digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, regex_engine="rust-regex")

    format: Literal["xinqiao-anchor/1"] = FORMAT
    workspace: Hash
    number: int = Field(ge=1)
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    count: int = Field(ge=1)
    head: Hash
    root: Hash
    previous: Hash
    at: str = Field(max_length=40)
    key: Hash
    public_key: Hash
    next_key: Hash | None = None
    signature: str = Field(default="", pattern=r"\A(?:[0-9a-f]{128})?\z")

    @property
    def text(self) -> str:
        """The canonical text, as it is kept and written outside."""
        return _canonical(self.model_dump())

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return _canonical(self.model_dump(exclude={"signature"})).encode()

    @property
    def file_name(self) -> str:
        """The name under which it lies in a folder: workspace, number and time."""
        digits = "".join(one for one in self.at[:19] if one.isdigit())
        return f"{file_prefix(self.workspace)}{self.number:08}-{digits}.json"


def file_prefix(workspace: str) -> str:
    """Return how the names of a workspace's anchors begin."""
    return f"xinqiao-anchor-{workspace[:8]}-"


def hash_of_text(text: str) -> str:
    """Return the hash by which the following anchor names one."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_anchor(text: str) -> Anchor:
    """Return the anchor that ``text`` is, to the last byte; its signature is not checked here.

    Raises:
        ValueError: It is none, or not written in the one way in which this program writes it.
    """
    if len(text) > LONGEST:
        raise ValueError("too long for an anchor")
    try:
        plain = json.loads(text)
        anchor = Anchor.model_validate(plain)
    except (ValidationError, RecursionError) as error:
        raise ValueError("not an anchor") from error
    if anchor.text != text or not anchor.signature:
        raise ValueError("not the canonical text of a signed anchor")
    return anchor


def _canonical(plain: dict[str, Any]) -> str:
    return rfc8785.dumps(plain).decode()
