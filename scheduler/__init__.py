"""The clock and the wiring: the daemon, and what runs in it."""
