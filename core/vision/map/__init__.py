"""The map of a project: its images as points in two dimensions, similar ones near each other."""
