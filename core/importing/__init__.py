"""Importing: sources of images, readers of what other programs wrote, matching and storing."""
