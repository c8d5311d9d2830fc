"""The vocabulary and rules of the law, pure: no I/O, no clock, no framework."""
