"""What pages are made of: shell, gateway, sign-in, look, tables and charts."""
