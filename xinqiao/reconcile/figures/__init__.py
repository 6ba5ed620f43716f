"""The figures by which reporting is graded (考核指标): table, counting, and the records behind."""
