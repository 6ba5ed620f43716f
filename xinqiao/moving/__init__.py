"""Moving a workspace's database from SQLite to PostgreSQL (搬库)."""
