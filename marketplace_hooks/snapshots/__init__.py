"""Snapshots of a marketplace: files with a line for each entity, to be imported, compared or exported.

`line_format.py` is the format, `files.py` reads it, `checking.py` checks everything before anything is written,
`importing.py` writes it in chunks. `rendering.py` makes the same lines of our own rows, for the export and the
comparison.
"""
