"""`python -m marketplace_hooks` is `marketplace-hooks`."""

from .cli import main

main()
