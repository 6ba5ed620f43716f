"""A ledger in a file that somebody downloaded from the platform (下载的台账)."""
