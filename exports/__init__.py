"""Documents and packages for people: letters, dossiers, certificates. Siblings never import this room."""
