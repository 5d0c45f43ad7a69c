"""补录: past sessions from a workbook, whole or not at all; the ledger that goes out comes in again."""
