"""``python -m xinqiao``."""

from xinqiao.cli import main

main()
