"""Overviews that people read or hang on a wall (目录和说明): made from the tables."""
