"""Reconciling what we sent with what platforms say: receipts, later their ledgers (对账)."""
