"""Changes to study: sessions, attendance, speeches, self-study, plans, the ledger."""
