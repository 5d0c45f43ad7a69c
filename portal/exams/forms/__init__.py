"""Forms of exams: shape and syntax only."""
