"""One file a step. All effects happen here, through ports; each activity is idempotent under its task's key."""
