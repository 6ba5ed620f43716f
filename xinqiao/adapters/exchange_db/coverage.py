"""Whether tables hold every field of a format, told before any record is sent (字段核对)."""

from collections.abc import Collection

from xinqiao.adapters.exchange_db.layout import ExchangeDbTransport
from xinqiao.adapters.profile import Profile


def lost_fields(
    profile: Profile, kind: str, codes: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a table and a format do not have in common.

    Args:
        profile: The platform.
        kind: Record kind.
        codes: Field codes of the format that renders the kind.

    Returns:
        Codes that have neither a column nor a place in ``omit``, and codes of columns that the
        format does not have. Both empty where the profile has no table for the kind.
    """
    transport = profile.transport
    table = transport.tables.get(kind) if isinstance(transport, ExchangeDbTransport) else None
    return ((), ()) if table is None else table.lost_fields(codes)
