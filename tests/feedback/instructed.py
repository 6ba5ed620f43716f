"""The instructions as a workspace puts them together, without a workspace."""

from collections.abc import Mapping
from pathlib import Path

from xinqiao.feedback.instructing import Instructions
from xinqiao.intake.headers import column_labels
from xinqiao.mapping.registry import format_for


def instructions(
    profiles: Mapping[str, str] | None = None, folder: Path | None = None
) -> Instructions:
    """Return the instructions; every platform goes by its own name unless ``profiles`` says."""
    return Instructions(
        profiles or {},
        folder,
        column_labels,
        lambda platform, kind: format_for(platform, kind).table,
    )
