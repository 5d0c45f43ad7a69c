"""Rules of study: sessions, attendance, hours, plans."""
