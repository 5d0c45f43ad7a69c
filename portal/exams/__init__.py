"""Exams: question banks, papers, rounds, attempts, results."""
