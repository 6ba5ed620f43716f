"""Proving the log: its chain, its anchors, and that what the tables say follows from it (验证)."""
