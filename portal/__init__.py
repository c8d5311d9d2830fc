"""The web: pages for the people whose data it is. Server-rendered, without scripts, Thai first."""
