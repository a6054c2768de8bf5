"""Search of the catalogue: words of texts, terms of the index, similar spellings, the order of what is found."""
