"""Administering when units and people work, and what the bank promises itself."""
