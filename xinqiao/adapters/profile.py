"""Platform profiles (平台配置): how to reach a platform, what to send, what its answers mean.

A profile is a TOML file that a clerk can review. The shipped ones are references; an operator lays
a file of the workspace over one, table by table, and confirms the result before real records go
out. A confirmation binds to :func:`profile_digest`.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from importlib import resources
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import rfc8785
from pydantic import AfterValidator, Field, ValidationError

from xinqiao.adapters.base import Operation
from xinqiao.adapters.profile_calls import (
    Ledger,
    Poll,
    ProbeCall,
    Query,
    Seconds,
    StaticStep,
    Submit,
    Table,
    Text,
    TokenStep,
)
from xinqiao.adapters.profile_errors import explain
from xinqiao.errors import SettingsError

SHIPPED = ("credit_shandong",)
"""Profiles that come with the package."""


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


Address = Annotated[str, AfterValidator(_address)]


class Transport(Table):
    """How the platform is reached (传输)."""

    type: Literal["http"]
    """Kind of transport."""
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


class Operations(Table):
    """What can be asked of the platform (操作)."""

    submit: Submit
    poll: Poll | None = None
    query: Query | None = None
    ledger: Ledger | None = None
    probe: ProbeCall | None = None


class Abilities(Table):
    """What may be relied on (平台能力)."""

    source: Text
    """Where this part comes from (依据)."""
    deduplicates: bool
    """An identical resend of a whole batch has no second effect."""
    visible_after_seconds: Annotated[float, Field(ge=0, le=86_400 * 30)]
    """Time after a send before "absent" may be believed."""


def _hours(text: str) -> str:
    begins, _, ends = text.partition("-")
    try:
        first, last = time.fromisoformat(begins), time.fromisoformat(ends)
        # no zone of its own: the country has one
        fits = first.tzinfo is None and last.tzinfo is None and first < last
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("应为 08:30-17:30 这样的时段，起在前、止在后")
    return text


Calls = Annotated[int, Field(ge=1, le=1_000_000)]


class Pace(Table):
    """How fast and when the platform may be called, by all machines together (调用节奏)."""

    source: Text
    """Where this part comes from (依据)."""
    parallel_calls: Annotated[int, Field(ge=1, le=200)] = 1
    """Calls under way at once."""
    calls_per_second: Calls | None = None
    """Calls begun within any second; none means no limit, here and below."""
    calls_per_minute: Calls | None = None
    """Calls begun within any minute."""
    calls_per_hour: Calls | None = None
    """Calls begun within any hour."""
    hours: tuple[Annotated[str, AfterValidator(_hours)], ...] = ()
    """Times of day in Asia/Shanghai at which calls may begin (08:30-17:30); empty: always."""
    working_days_only: bool = False
    """Whether calls may begin on working days only (工作日)."""


class Limits(Table):
    """Largest batch (批次上限)."""

    source: Text
    """Where this part comes from (依据)."""
    rows_per_batch: Annotated[int, Field(ge=1, le=100_000)]
    """Rows."""
    bytes_per_batch: Annotated[int, Field(ge=1024, le=1 << 30)]
    """Bytes of the request's body."""


class Receipts(Table):
    """When receipts are asked for (回执节奏)."""

    source: Text
    """Where this part comes from (依据)."""
    poll_after_seconds: Seconds
    """From the delivery to the first question."""
    poll_every_seconds: Seconds
    """Between two questions."""
    expected_within_seconds: Seconds
    """A receipt later than this is an incident."""


class Words(Table):
    """The platform's words for ours (对照词)."""

    operations: dict[Operation, Text]
    """Operation → word; one that is left out cannot be sent."""
    kinds: dict[str, Text]
    """Record kind → word."""


class WithdrawStrategy(StrEnum):
    """How a record is taken back from the platform (撤回方式)."""

    OPERATION = "operation"
    """The platform has an operation for it; a row with a status says that it is void (无效)."""
    VOID_ROW = "void_row"
    """An update that marks the record as void (无效)."""
    BY_HAND = "by_hand"
    """A person does it in the platform's own pages."""


class Profile(Table):
    """One platform (平台配置)."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Identifier, such as ``credit_shandong``."""
    name: Text
    """Chinese name."""
    status: Literal["reference", "confirmed"]
    """``confirmed`` only when taken from an official text or the platform owner's document."""
    source: Text
    """Where the profile as a whole comes from (依据)."""
    settings: dict[str, Text] = Field(default_factory=dict)
    """Name of a value that the workspace must give → its Chinese label."""
    credentials: dict[str, Text] = Field(default_factory=dict)
    """Name of a secret that the workspace must give → its Chinese label."""
    transport: Transport
    authentication: tuple[Annotated[StaticStep | TokenStep, Field(discriminator="type")], ...] = ()
    """Steps in order; each call carries the headers of all."""
    operations: Operations
    capabilities: Abilities
    limits: Limits
    pace: Pace
    receipts: Receipts
    words: Words
    withdraw: dict[str, WithdrawStrategy]
    """Record kind → how it is withdrawn."""

    @property
    def longest_submit_seconds(self) -> float:
        """Upper bound of one submit: tokens and call, both a second time after a refused token.

        One exchange more is the rehearsal's check. A lease on the rows must be longer than this.
        """
        tokens = sum(isinstance(step, TokenStep) for step in self.authentication)
        return self.transport.total_seconds * (2 * (tokens + 1) + 1)


def load_profile(
    shipped_name: str, overlay: Mapping[str, Any], *, overlay_file: str | None = None
) -> Profile:
    """Return the shipped profile with ``overlay`` laid over it.

    Tables are merged key by key; any other value, lists included, replaces the shipped one.

    Args:
        shipped_name: Name of a profile in :data:`SHIPPED`.
        overlay: What the workspace's own file says.
        overlay_file: Its name for messages; ``platforms/<name>.toml`` where it is left out.

    Raises:
        SettingsError: Unknown name, or a key that is unknown, missing or wrong; the message names
            the file and the key and says what was expected.
    """
    if shipped_name not in SHIPPED:
        raise SettingsError(
            f"没有名为「{shipped_name}」的随附平台配置，可用的有：{'、'.join(SHIPPED)}",
            code="profile",
        )
    file = resources.files("xinqiao.adapters").joinpath(shipped_name, "profile.toml")
    merged = _merge(tomllib.loads(file.read_text("utf-8")), overlay)
    shipped_file = f"{shipped_name}/profile.toml"
    try:
        return Profile.model_validate(merged)
    except ValidationError as error:
        own_file = overlay_file or f"platforms/{shipped_name}.toml"
        raise SettingsError(
            explain(Profile, error, overlay=overlay, overlay_file=own_file, file=shipped_file),
            code="profile",
        ) from None  # the library's text quotes values


def read_profile(values: Mapping[str, Any], *, file: str) -> Profile:
    """Return a profile that stands whole in a file of the workspace, for a platform of its own.

    Raises:
        SettingsError: As :func:`load_profile`.
    """
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        raise SettingsError(
            explain(Profile, error, overlay={}, overlay_file=file, file=file), code="profile"
        ) from None  # the library's text quotes values


def profile_digest(profile: Profile) -> str:
    """Return the SHA-256 (hex) of the profile's canonical JSON (RFC 8785), every key included."""
    return hashlib.sha256(rfc8785.dumps(profile.model_dump(mode="json"))).hexdigest()


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged
