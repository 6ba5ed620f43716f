"""Files that offices hand in, opened as sheets of rows, whatever format they are in (文件)."""
