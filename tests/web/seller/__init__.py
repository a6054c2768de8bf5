"""The seller back office, as a seller sees it."""
