"""The demonstration: a small local press, and a run of the whole program over it."""
