"""Inspection of a merchant site: one module for each probe, and `run.py`, which runs those that apply."""
