"""Understanding it: text, language, concepts and rules. Pure: no I/O, and `now` is an argument."""
