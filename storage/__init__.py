"""What we know: the archive, one SQLite file, and the values that go in and out of it."""
