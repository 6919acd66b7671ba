"""The steps of the designer, and the parts that show a design to others."""
