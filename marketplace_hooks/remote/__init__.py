"""The outside: signatures, outbound HTTP, the queue."""
