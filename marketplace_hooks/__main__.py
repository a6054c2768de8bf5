"""`python -m marketplace_hooks` is `marketplace-hooks`."""

from .standalone import main

main()
