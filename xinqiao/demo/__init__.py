"""The demonstration: sample data of a county that does not exist (演示)."""
