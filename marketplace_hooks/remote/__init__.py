"""Adapters to the outside: HTTP, inspection probes, Redis, mail, OpenID Connect and signatures."""
