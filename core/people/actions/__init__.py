"""What is done about people, their roles, their passwords and their sessions."""
