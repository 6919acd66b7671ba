"""Files from other systems: read, converted as a mapping says, and handed to the business."""
