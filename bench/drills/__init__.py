"""Drills: what happens to acknowledged answers when a process, the power, the disk or an upgrade fails."""
