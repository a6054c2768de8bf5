"""Chaos test: the whole service under random faults, beside a reference of what it was sent."""
