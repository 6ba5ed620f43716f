"""``python -m xinqiao.documents FOLDER`` writes the pages into the folder of documents."""

import sys
from pathlib import Path

from xinqiao.documents.pages import pages


def main(folder: Path) -> None:
    """Write every page below ``folder``; pages that no table gives any more are removed."""
    found = pages()
    for path in (folder / "formats").glob("*.md"):
        if path.relative_to(folder).as_posix() not in found:
            path.unlink()
    for name, text in found.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
