"""Reading the tables that come with this part (随程序发布的表)."""

from importlib import resources


def shipped_text(name: str) -> str:
    """Return the text of the table ``name`` beside this module."""
    return (resources.files("xinqiao.feedback") / name).read_text(encoding="utf-8")
