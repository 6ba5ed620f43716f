"""The audit log: append-only, hash-chained, written in the transaction it describes (审计)."""
