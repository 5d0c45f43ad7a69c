"""The pages of study."""
