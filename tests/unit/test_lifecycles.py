import pytest

from core.access import SYSTEM, Permission
from core.activities.rules import LIFECYCLE
from core.campaigns.rules import DESIGN_LIFECYCLE, EDITABLE, DesignStatus
from core.responses.rules import LEAD_LIFECYCLE, LeadStatus
from core.runs.rules import RUN_LIFECYCLE

EVERY = {
    "activity": LIFECYCLE,
    "design": DESIGN_LIFECYCLE,
    "lead": LEAD_LIFECYCLE,
    "run": RUN_LIFECYCLE,
}


@pytest.fixture(params=EVERY, name="lifecycle")
def every_lifecycle(request):
    return EVERY[request.param]


def test_every_state_can_be_reached_and_every_move_be_made(lifecycle):
    reached, before = set(lifecycle.initial), set()
    while reached != before:
        before = set(reached)
        reached |= {move.target for move in lifecycle.moves if move.sources & reached}
    assert reached == set(type(lifecycle.initial[0]))
    assert all(move.sources <= reached for move in lifecycle.moves)


def test_verbs_are_told_apart(lifecycle):
    verbs = [move.verb for move in lifecycle.moves]
    assert len(verbs) == len(set(verbs))


def test_what_no_person_may_do_the_system_does(lifecycle):
    for move in lifecycle.moves:
        assert move.allowed(SYSTEM)
        assert move.needs <= set(Permission)


def test_what_was_agreed_or_decided_stays_so():
    assert not DESIGN_LIFECYCLE.offered(DesignStatus.APPROVED, SYSTEM)
    for status in (LeadStatus.WON, LeadStatus.LOST):
        [move] = LEAD_LIFECYCLE.offered(status, SYSTEM)
        assert move.verb.startswith("correct to ")


def test_only_what_can_be_written_on_can_be_asked_about():
    for status in DesignStatus:
        verbs = {move.verb for move in DESIGN_LIFECYCLE.offered(status, SYSTEM)}
        assert ("ask for approval" in verbs) == (status in EDITABLE)
