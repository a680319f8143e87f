"""Guidelines of a project: what its reviewers go by, as Markdown with images, in versions."""
