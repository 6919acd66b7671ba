"""What runs the queues of a branch network: what-if, absences, promises, exceptions, monitor."""
