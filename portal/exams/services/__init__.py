"""State changes of the exam feature: they flush and audit, they never commit."""
