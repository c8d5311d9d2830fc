"""The command line's parts: what is given, who acts, what is shown. `starter.py` puts them on one board."""
