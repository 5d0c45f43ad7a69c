"""The pages of the regulation library."""
