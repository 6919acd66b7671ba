"""The bank's customers: who they are, what they hold, what they allow, how they fare."""
