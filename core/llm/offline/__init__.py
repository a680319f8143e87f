"""A built-in provider that sends nothing anywhere: it measures the image and says only what it measured."""
