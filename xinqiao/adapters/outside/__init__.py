"""Connectors that come from other packages: how they are found, and how far they are trusted."""
