"""Every SELECT on study."""
