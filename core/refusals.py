"""Expected failures. Anything else that is raised is a defect and is not caught."""


class Refusal(Exception):
    """A request understood and declined; the message is written for the requester."""


class Invalid(Refusal):
    """The request contradicts itself or a rule of the business."""


class Remembered(Invalid):
    """A try that is journaled although whoever tried holds the right.

    :param subjects: the records that it is about, such as `run:7`
    """

    def __init__(self, message: str, subjects: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.subjects = subjects


class HeldOut(Remembered):
    """A contact that a measurement forbids."""


class OwnHand(Remembered):
    """An agreement that takes a second person, tried by one who had a hand in the matter."""


class NotAgreed(Remembered):
    """A launch that somebody else has to allow first."""


class NotAllowed(Refusal):
    """The requester's role does not include this. Every one of them is journaled."""


class NotFound(Refusal):
    """No such record, or none within the requester's scope: the two look the same."""


class Conflict(Refusal):
    """Somebody else changed the records first."""
