"""Cases as durable workflows: a right's file says only the order of its steps."""
