"""What the rules of a kind say about a changed record."""

from collections.abc import Mapping
from datetime import date

from tests.records.whole import WHOLE
from xinqiao.records.findings import Finding
from xinqiao.records.validation import validate

TODAY = date(2026, 11, 20)


def findings(kind: str, changes: Mapping[str, str | None]) -> tuple[Finding, ...]:
    """Return the findings about the whole record of ``kind`` with ``changes``; None takes out."""
    content = {**WHOLE[kind], **{path: text or "" for path, text in changes.items()}}
    return validate(kind, content, TODAY)


def remarks(kind: str, changes: Mapping[str, str | None]) -> set[tuple[str, str, str]]:
    """Return (field, code, severity) of what is found."""
    return {(one.field, one.code, one.severity.value) for one in findings(kind, changes)}


def errors(*pairs: tuple[str, str]) -> set[tuple[str, str, str]]:
    """Return what :func:`remarks` gives when exactly these errors are found."""
    return {(field, code, "error") for field, code in pairs}
