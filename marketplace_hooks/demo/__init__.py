"""Demo data, and merchant sites on this machine that behave as real ones do, for the demo and the tests."""
