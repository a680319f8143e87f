"""What notebooks use: coroutines run to their end, rows shown with their thumbnails, the app in a cell."""
