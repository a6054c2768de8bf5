"""Test support: real servers, publishers of signed events, page and API clients, and a guard of the network."""
