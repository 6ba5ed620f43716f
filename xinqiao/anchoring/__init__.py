"""Writes anchors when they are due, brings them to their places, and proves the log by them."""
