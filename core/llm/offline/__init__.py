"""A built-in provider that sends nothing: it replies with what was measured, or found by tools, and nothing else."""
