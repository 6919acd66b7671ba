"""What analyses found, what they propose, and which version takes it up."""
