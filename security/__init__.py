"""Keys and what they seal: columns, files, Temporal payloads; hashes, tokens, credentials, log redaction.

What it needs from above, the key store and the audit sink, stands as ports in `ports`.
"""
