"""`python -m marketplace_hooks` is `marketplace-hooks`."""

from .starting import main

main()
