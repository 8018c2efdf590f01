"""The runner for one machine: every stage in one process on one SQLite file."""
