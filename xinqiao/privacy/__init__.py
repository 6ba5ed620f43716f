"""Personal data: encryption at rest, keyed look-up hashes, masking (个人信息保护)."""
