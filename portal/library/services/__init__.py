"""What can be done in the regulation library. Services flush and never commit."""
