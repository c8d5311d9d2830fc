"""The company's rules as data, and the loader that refuses what does not hold together."""
