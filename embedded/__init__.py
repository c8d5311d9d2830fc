"""The servers that a company starts with: PostgreSQL and Temporal as children, on loopback, under one supervisor."""
