"""What people ask about reported conversions."""
