"""Scores of entries by a model along a rubric, and whether they agree with the people's own reviews."""
