"""Delivering by rows in an exchange database (前置库)."""
