"""HTTP for exams: read the request, call one query or service, render."""
