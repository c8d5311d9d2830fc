"""Speed and memory, measured against floors of the same run (`make bench`; docs/bench.md tells how to read it)."""
