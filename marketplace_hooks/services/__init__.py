"""What can be done: load facts, ask the domain, record its answer, note what must follow."""
