"""What people ask about activities."""
