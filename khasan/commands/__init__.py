"""The commands of `khasan`, a module a group."""
