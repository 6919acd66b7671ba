"""The market on screen: what competitors did, their rates beside ours, and whom they follow."""
