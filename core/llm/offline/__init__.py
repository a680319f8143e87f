"""A built-in provider that sends nothing: it measures the image and replies only with measurements."""
