"""The cards of the Check page, one file a card."""
