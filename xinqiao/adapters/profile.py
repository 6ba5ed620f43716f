"""Platform profiles (平台配置): how to reach a platform, what to send, what its answers mean.

A profile is a TOML file that a clerk can review. The shipped ones are references; an operator lays
a file of the workspace over one, table by table, and confirms the result before real records go
out. A confirmation binds to :func:`profile_digest`.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Any, ClassVar, Literal

import rfc8785
from pydantic import Field, ValidationError, model_validator

from xinqiao.adapters.base import ReceiptMode
from xinqiao.adapters.exchange_db.checks import Neighbours, problem_with_tables
from xinqiao.adapters.exchange_db.layout import ExchangeDbTransport
from xinqiao.adapters.exchange_db.ledger_layout import LedgerTable
from xinqiao.adapters.fields import RecordKind, Seconds, Table, Text
from xinqiao.adapters.file_drop.layout import FileTransport, ManualTransport
from xinqiao.adapters.file_drop.names import is_weak
from xinqiao.adapters.http.access import HttpTransport, WebAccess
from xinqiao.adapters.http.authentication.checks import problem_with_steps
from xinqiao.adapters.http.authentication.steps import AnyStep, TokenStep
from xinqiao.adapters.http.calls import (
    Call,
    Ledger,
    Poll,
    ProbeCall,
    Query,
    Submit,
)
from xinqiao.adapters.http.fitting import problem_with_calls
from xinqiao.adapters.policies import (
    Abilities,
    CorrectionStrategy,
    LedgerFile,
    Limits,
    Pace,
    Receipts,
    Retention,
    WithdrawStrategy,
    Words,
)
from xinqiao.adapters.profile_errors import explain
from xinqiao.errors import SettingsError

SHIPPED = (
    "credit_shandong",
    "sd_gateway_credit",
    "async_serial",
    "credit_frontdb_2018",
    "void_and_insert",
    "credit_template_2018",
    "transport_csv_folder",
    "transport_credit",
    "safety_credit",
    "county_site",
)
"""Profiles that come with the package."""

ADDRESS_KEYS = ("base_url", "url", "folder", "connector")
"""Keys of ``[transport]`` that say where rows go; left empty until a workspace fills them in."""


class PythonTransport(Table):
    """A connector written in Python, found by the entry point group ``xinqiao.connectors``."""

    address_key: ClassVar[str] = "connector"
    type: Literal["python"]
    """Kind of transport."""
    source: Text
    """Where this part comes from (依据)."""
    connector: Text
    """Name of the entry point."""
    total_seconds: Seconds
    """Longest that one exchange may take."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Whatever the connector asks for; it checks them itself."""


Transport = Annotated[
    HttpTransport | ExchangeDbTransport | FileTransport | ManualTransport | PythonTransport,
    Field(discriminator="type"),
]
"""How rows reach the platform (传输)."""


class Operations(Table):
    """What can be asked of the platform over HTTP (操作)."""

    submit: Submit | None = None
    poll: Poll | None = None
    query: Query | None = None
    ledger: Ledger | None = None
    probe: ProbeCall | None = None


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
    authentication: tuple[AnyStep, ...] = ()
    """Steps in order; each call carries what they put into it."""
    web: WebAccess | None = None
    """Address of the operations, where rows are not delivered over HTTP themselves."""
    operations: Operations = Operations()
    capabilities: Abilities
    limits: Limits
    pace: Pace
    receipts: Receipts
    words: Words
    retention: Retention | None = None
    """How long its batches and replies are kept at least; the workspace's own rule if left out."""
    ledger_tables: dict[RecordKind, LedgerTable] = Field(default_factory=dict)
    """Record kind → table or view of the exchange database that shows what was taken in."""
    ledger_file: LedgerFile | None = None
    """How the columns of a downloaded ledger are headed, beyond codes and names of our format."""
    withdraw: dict[RecordKind, WithdrawStrategy]
    """Record kind → how it is withdrawn."""
    corrections: dict[RecordKind, CorrectionStrategy] = Field(default_factory=dict)
    """Record kind → how a newer version is taken; ``update`` for kinds that are left out."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Profile":
        problem = problem_with(self) or problem_with_steps(
            self.authentication, _calls(self.operations), self.settings, self.credentials
        )
        if problem:
            raise ValueError(problem)
        return self

    @property
    def address(self) -> str:
        """Where rows go, for people: address, database, folder or connector."""
        return str(getattr(self.transport, self.transport.address_key))

    @property
    def access(self) -> WebAccess | None:
        """Where the operations are reached, if the profile has any."""
        return self.transport if isinstance(self.transport, HttpTransport) else self.web

    @property
    def longest_token_seconds(self) -> float:
        """Upper bound of having every token.

        Each is asked for, and once more all but the last when an earlier one was refused there.
        """
        tokens = sum(isinstance(step, TokenStep) for step in self.authentication)
        access = self.access
        return 0.0 if access is None else access.total_seconds * max(2 * tokens - 1, 0)

    @property
    def longest_submit_seconds(self) -> float:
        """Upper bound of one submit: tokens and call, both a second time after a refused token.

        One exchange more is the rehearsal's check. A lease on the rows must be longer than this.
        """
        return self.transport.total_seconds * 3 + self.longest_token_seconds * 2


_MODES: Mapping[str, frozenset[ReceiptMode]] = {
    "http": frozenset(
        {
            ReceiptMode.SYNC,
            ReceiptMode.SYNC_ROWS,
            ReceiptMode.POLL,
            ReceiptMode.PAGE_CHECK,
            ReceiptMode.MANUAL,
            ReceiptMode.NONE,
        }
    ),
    "exchange_db": frozenset(
        {
            ReceiptMode.STATUS_COLUMN,
            ReceiptMode.FEEDBACK_TABLE,
            ReceiptMode.ROW_CONSUMED,
            ReceiptMode.POLL,
            ReceiptMode.PAGE_CHECK,
            ReceiptMode.MANUAL,
            ReceiptMode.NONE,
        }
    ),
    "file": frozenset(
        {
            ReceiptMode.RECEIPT_FILE,
            ReceiptMode.ERROR_FILE,
            ReceiptMode.POLL,
            ReceiptMode.PAGE_CHECK,
            ReceiptMode.MANUAL,
            ReceiptMode.NONE,
        }
    ),
    "manual": frozenset({ReceiptMode.MANUAL, ReceiptMode.PAGE_CHECK}),
    "python": frozenset(ReceiptMode),
}
"""Transport → ways in which receipts can come back."""


def problem_with(profile: Profile) -> str:
    """Return what does not fit together in a profile, in Chinese; empty when everything does."""
    transport, mode = profile.transport.type, profile.receipts.mode
    operations = profile.operations
    modes = "、".join(sorted(_MODES[transport]))
    parts = (
        (
            mode in _MODES[transport],
            f"transport.type = {transport} 时 receipts.mode 可用的有 {modes}",
        ),
        (transport != "http" or operations.submit is not None, "缺少 operations.submit（报送）"),
        (
            transport == "http" or operations.submit is None,
            "operations.submit 只用于 transport.type = http",
        ),
        (
            mode is not ReceiptMode.POLL or _can_poll(profile),
            "receipts.mode = poll 需要 operations.poll",
        ),
        (
            (mode is ReceiptMode.FEEDBACK_TABLE) == (profile.receipts.feedback is not None),
            "receipts.feedback 与 receipts.mode = feedback_table 须同时写",
        ),
        (
            (mode in {ReceiptMode.RECEIPT_FILE, ReceiptMode.ERROR_FILE})
            == (profile.receipts.file is not None)
            or transport == "manual",
            "receipts.file 与 receipts.mode = receipt_file、error_file 须同时写",
        ),
        (
            mode is not ReceiptMode.RECEIPT_FILE or _tells_verdicts(profile),
            "receipts.mode = receipt_file 需要 receipts.file.folder、columns.verdict 和 verdicts",
        ),
        (
            mode is not ReceiptMode.ERROR_FILE or _says_where(profile),
            "receipts.mode = error_file 需要 receipts.file.folder",
        ),
        (
            not _may_take_for_another(profile),
            "文件名只含少于八位的 {serial}，两批可能同名：receipts.file.columns 须有 key 或 batch",
        ),
        (
            (mode is ReceiptMode.PAGE_CHECK) == (profile.receipts.page is not None),
            "receipts.page 与 receipts.mode = page_check 须同时写",
        ),
        (
            profile.access is not None or not _needs_web(profile),
            "有 operations、authentication 或 receipts.page 时，须在 [web] 中写明地址",
        ),
        (not (calls := _problem_with_calls(profile)), calls),
        (not (ledger := _problem_with_ledger(profile)), ledger),
    )
    problem = next((words for fits, words in parts if not fits), "")
    return problem or _problem_with_tables(profile)


def _problem_with_tables(profile: Profile) -> str:
    if not isinstance(profile.transport, ExchangeDbTransport):
        return ""
    by_operation = WithdrawStrategy.OPERATION
    around = Neighbours(
        mode=profile.receipts.mode,
        feedback=profile.receipts.feedback,
        visible_after=profile.capabilities.visible_after_seconds,
        deduplicates=profile.capabilities.deduplicates,
        kinds=profile.words.kinds.keys(),
        withdrawn={kind for kind, way in profile.withdraw.items() if way is by_operation},
        settings=profile.settings,
        credentials=profile.credentials,
    )
    return problem_with_tables(profile.transport, around)


def _problem_with_ledger(profile: Profile) -> str:
    """Return what is wrong with the tables of ledgers, in Chinese; empty when nothing is."""
    if not profile.ledger_tables:
        return ""
    transport = profile.transport
    if not isinstance(transport, ExchangeDbTransport):
        return "ledger_tables（台账表）只用于 transport.type = exchange_db"
    if profile.operations.ledger is not None:
        return "台账或写在 operations.ledger，或写在 ledger_tables，不能两处都写"
    for kind, table in profile.ledger_tables.items():
        sent = transport.tables.get(kind)
        if sent is None:
            return f"ledger_tables.{kind} 没有对应的 transport.tables.{kind}"
        if missing := [code for code in sent.business_key if code not in table.fields]:
            return f"ledger_tables.{kind}.fields 缺少业务主键的字段 {'、'.join(missing)}"
    return ""


def _problem_with_calls(profile: Profile) -> str:
    receipts = profile.receipts
    rows = profile.limits.rows_per_batch
    return problem_with_calls(profile.operations.submit, receipts.mode, receipts.page, rows)


def _calls(operations: Operations) -> dict[str, Call]:
    return {name: call for name, call in operations if call is not None}


def _can_poll(profile: Profile) -> bool:
    return profile.operations.poll is not None or profile.transport.type == "python"


def _says_where(profile: Profile) -> bool:
    return profile.receipts.file is not None and bool(profile.receipts.file.folder)


def _may_take_for_another(profile: Profile) -> bool:
    """Tell whether an answer might be about another file that had the same name."""
    transport, answer = profile.transport, profile.receipts.file
    if not isinstance(transport, FileTransport | ManualTransport) or answer is None:
        return False
    checked = answer.columns.key is not None or answer.columns.batch is not None
    return not checked and any(is_weak(one.name) for one in transport.templates.values())


def _tells_verdicts(profile: Profile) -> bool:
    file = profile.receipts.file
    return file is not None and bool(file.folder) and file.columns.verdict is not None


def _needs_web(profile: Profile) -> bool:
    if profile.transport.type == "python":
        return False
    called = profile.operations.model_dump(exclude_none=True)
    return bool(called or profile.authentication or profile.receipts.page)


def load_profile(
    shipped_name: str,
    overlay: Mapping[str, Any],
    *,
    overlay_file: str | None = None,
    platform: str = "",
) -> Profile:
    """Return the shipped profile with ``overlay`` laid over it.

    Tables are merged key by key; any other value, lists included, replaces the shipped one, and so
    does a table of another ``type``.

    Args:
        shipped_name: Name of a profile in :data:`SHIPPED`.
        overlay: What the workspace's own file says.
        overlay_file: Its name for messages; ``platforms/<name>.toml`` where it is left out.
        platform: Identifier of the platform that the profile is used for; its own where it is
            left out.

    Raises:
        SettingsError: Unknown name, or a key that is unknown, missing or wrong; the message names
            the file and the key and says what was expected.
    """
    if shipped_name not in SHIPPED:
        raise SettingsError(
            f"没有名为「{shipped_name}」的随附平台配置，可用的有：{'、'.join(SHIPPED)}；"
            "也可以写一份完整的配置，见 docs/connectors.md",
            code="profile",
        )
    shipped_file = f"{shipped_name}.toml"
    file = resources.files("xinqiao.adapters").joinpath("profiles", shipped_file)
    merged = _merge(tomllib.loads(file.read_text("utf-8")), overlay)
    if platform:
        merged["id"] = platform
    try:
        return Profile.model_validate(merged)
    except ValidationError as error:
        own_file = overlay_file or f"platforms/{shipped_name}.toml"
        raise SettingsError(
            explain(Profile, error, overlay=overlay, overlay_file=own_file, file=shipped_file),
            code="profile",
        ) from None  # the library's text quotes values


def shipped_profiles() -> list[Profile]:
    """Return the profiles that come with the package, as they are."""
    return [load_profile(name, {}) for name in SHIPPED]


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


def kinds_with_a_form(profile: Profile) -> frozenset[str] | None:
    """Return the record kinds that ``profile`` can be handed: those with a word and a layout.

    None for a connector in Python, which knows itself what it takes.
    """
    transport = profile.transport
    spoken = frozenset(profile.words.kinds)
    match transport:
        case PythonTransport():
            return None
        case ExchangeDbTransport():
            return spoken & transport.tables.keys()
        case FileTransport() | ManualTransport():
            return spoken & transport.templates.keys()
        case _:
            return spoken


def profile_digest(profile: Profile) -> str:
    """Return the SHA-256 (hex) of the profile's canonical JSON (RFC 8785).

    Every key is included but those by which nothing goes out: how a downloaded ledger is headed.
    What a release added is left out where it is not used: older confirmations stay good.
    """
    unused = set() if profile.ledger_tables else {"ledger_tables"}
    plain = profile.model_dump(mode="json", exclude={"ledger_file", *unused})
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


_WAY: Mapping[str, Any] = {
    "id": True,
    "transport": True,
    "web": True,
    "authentication": True,
    "operations": True,
    "words": True,
    "receipts": {"mode", "feedback", "file", "page"},
}
"""Parts of a profile that say where a batch goes and where, and as what, it is looked for."""


def way_digest(profile: Profile) -> str:
    """Return the SHA-256 (hex) of what decides where batches go and are looked for.

    Limits, pace, intervals and policies do not: a batch under way is found whatever they are.
    """
    plain = profile.model_dump(mode="json", include=dict(_WAY))
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and not _other_type(old, value):
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged


def _other_type(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Tell whether a table is of another ``type`` than the shipped one, whose keys it has not."""
    return "type" in old and new.get("type", old["type"]) != old["type"]
