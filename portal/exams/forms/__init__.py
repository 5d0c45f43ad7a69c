"""Forms of the exam feature: shape and syntax only."""
