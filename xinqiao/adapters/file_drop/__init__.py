"""Delivering by files: into a folder, or by the hand of a clerk (文件报送)."""
