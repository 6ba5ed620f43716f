"""Comparing what a platform says it holds with what we believe it holds (台账对账)."""
