"""Signed checkpoints of the log, kept outside the database that they testify about (锚点)."""
