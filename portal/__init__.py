"""Law-work portal of a district petition bureau."""
