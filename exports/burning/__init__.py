"""Pages of strangers' files as pictures, blackened: drawn in a process of its own (`burner`), which `child` is."""
