"""The parts of the page Team: members, invitations, guidelines, progress."""
