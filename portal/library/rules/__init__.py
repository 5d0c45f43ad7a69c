"""What holds for regulations whatever stores them: numbers, dates, titles, references, comparison, search."""
