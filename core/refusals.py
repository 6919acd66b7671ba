"""Expected failures. Anything else that is raised is a defect and is not caught."""


class Refusal(Exception):
    """A request understood and declined; the message is written for the requester."""


class Invalid(Refusal):
    """The request contradicts itself or a rule of the business."""


class HeldOut(Invalid):
    """A contact that a measurement forbids. Every try is journaled.

    :param subjects: the records that it is about, such as `run:7`
    """

    def __init__(self, message: str, subjects: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.subjects = subjects


class NotAllowed(Refusal):
    """The requester's role does not include this. Every one of them is journaled."""


class NotFound(Refusal):
    """No such record, or none within the requester's scope: the two look the same."""


class Conflict(Refusal):
    """Somebody else changed the records first."""
