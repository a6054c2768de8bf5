"""What is kept: tables and constraints, no rules."""
