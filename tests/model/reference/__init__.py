"""Independent reference of the marketplace's rules, written from the contract alone.

Nothing of the product is imported here, and nothing but the standard library: whoever reads it can hold it against
`rules.md` and `deadlines.md` line by line. It is naive on purpose: it hears every fact at the instant it happens,
keeps histories instead of states, and counts day by day.
"""
