"""Real servers for the tests, and what keeps the tests on this machine."""
