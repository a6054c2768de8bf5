"""Attachments of a message: how many files it may have, whoever brings them."""

MOST_FILES = 1_000
