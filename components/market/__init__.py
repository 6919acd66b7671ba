"""The market on screen: what rivals did, their rates beside ours, and whom they follow."""
