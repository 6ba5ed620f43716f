"""All pages that are made from the tables."""

from xinqiao.documents.format_pages import format_pages
from xinqiao.documents.rule_pages import rule_pages


def pages() -> dict[str, str]:
    """Return path below ``docs/`` → the page."""
    return {**format_pages(), **rule_pages()}
