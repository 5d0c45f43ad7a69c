"""What exams are and how they are marked: plain Python."""
