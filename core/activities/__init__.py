"""Work for people, and messages that go out: what a launched run makes."""
