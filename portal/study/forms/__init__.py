"""The forms of study."""
