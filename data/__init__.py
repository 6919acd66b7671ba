"""What fills and shapes the database: migrations, the demo bank, and readers of files."""
