"""Vectors that are made of an image's pixels on this machine."""
