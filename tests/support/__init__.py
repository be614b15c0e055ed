"""What tests stand on: a PostgreSQL, builders of rows."""
