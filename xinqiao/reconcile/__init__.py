"""Reconciling what we sent with what platforms say: receipts, ledgers, time limits (对账)."""
