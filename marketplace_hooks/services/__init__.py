"""Application services: load facts, let the domain decide, record its answer, note what must follow."""
