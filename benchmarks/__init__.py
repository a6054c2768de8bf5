"""Benchmarks: the product next to the least that could do the same. See README.md."""
