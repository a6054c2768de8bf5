"""The stand-alone service as a WSGI application: `wsgi:app`."""

from marketplace_hooks.extension import create_served_app

app = create_served_app()
