"""What a project has in common with a held-out set, such as a test set, which is compared without being imported."""
