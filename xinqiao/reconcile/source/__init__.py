"""Decisions of the local case system beside the records of the hub (源头对账)."""
