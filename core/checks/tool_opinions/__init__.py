"""Opinions of tools: what detectors, text recognition and measurements say of an answer."""
