"""Places outside the database to which anchors are written, each in its own time (锚点存放处)."""
