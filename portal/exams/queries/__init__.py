"""Every SELECT of the exam feature."""
