"""Competitors and what they did."""
