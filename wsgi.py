"""The stand-alone service as a WSGI application: `wsgi:app`."""
