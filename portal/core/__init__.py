"""Plain building blocks that know no Flask: database base, permissions, clock, errors."""
