"""The stand-alone service as a WSGI application: `wsgi:app`."""

from marketplace_hooks.standalone import create_app

app = create_app()
