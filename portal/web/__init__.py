"""The Flask-facing ground that knows no feature: access, identity, fragments, lists, errors."""
