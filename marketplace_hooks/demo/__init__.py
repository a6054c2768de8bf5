"""What the demo and the tests play with: merchant sites that behave as real ones do, on this machine alone."""
