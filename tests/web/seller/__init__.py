"""The seller's room, as a seller sees it."""
