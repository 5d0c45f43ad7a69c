"""Units and people from a workbook: read, judged row by row against what is there, and written all or nothing."""
