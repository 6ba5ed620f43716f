"""What to do about findings and refusals, in the words of those who correct (反馈)."""
