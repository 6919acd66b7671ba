"""What people ask about impact."""
