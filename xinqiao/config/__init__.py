"""Settings and the workspace they stand in (工作区)."""
