"""Pages for developers that are made from the tables (由表生成的文档); ``make docs`` writes them.

A test compares what stands in ``docs/`` with what the tables give now.
"""
