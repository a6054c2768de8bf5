"""How fast is it, next to the least that could do the same? Each module prints its figures: see README.md."""
