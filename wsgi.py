"""The WSGI application, and what `flask` finds."""

from portal import create_app, logs

app = create_app()
logs.start(app)
