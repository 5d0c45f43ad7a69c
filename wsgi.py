"""The WSGI application, and what `flask` finds."""

from portal import create_app

app = create_app()
