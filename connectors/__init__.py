"""Connected systems: the registry and one family of modules a kind. Siblings of the other rooms, never their users."""
