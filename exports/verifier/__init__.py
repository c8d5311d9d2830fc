"""What is shipped inside the audit export: one file that anyone can run."""
