"""Taking over what was reported before the hub was there (存量接管)."""
