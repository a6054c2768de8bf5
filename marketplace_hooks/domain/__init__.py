"""Business rules: pure functions of facts; `now` is an argument, and nothing here reads a clock, a row or a network."""
