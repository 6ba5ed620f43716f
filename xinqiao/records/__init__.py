"""Local credit records: what they are made of, and when they are whole (信用记录)."""
