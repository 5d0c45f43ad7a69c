"""Uploaded files and the guard in front of every parser."""
