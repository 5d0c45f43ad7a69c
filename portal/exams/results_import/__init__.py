"""Results of exams that were sat elsewhere, from a workbook: read, judged, written as a whole or not at all."""
