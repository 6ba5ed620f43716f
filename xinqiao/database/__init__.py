"""The database: tables, engine set-up, migrations, and how records are kept in it (数据库)."""
