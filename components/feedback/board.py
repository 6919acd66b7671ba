"""All cycles that were frozen, and how far what each proposes has come."""

from components import filters, look, navigation, words
from components.gateway import current_actor, fetch
from components.impact import estimates
from components.tables import Column, forget, listing
from core.impact.queries.feedback import FeedbackRow, feedback, feedback_campaigns
from core.impact.rules import FeedbackState, Verdict

VERDICTS: dict[Verdict, look.Meaning] = {
    Verdict.MET: "good",
    Verdict.MISSED: "bad",
    Verdict.OPEN: "neutral",
}
STATES: dict[FeedbackState, look.Meaning] = {
    FeedbackState.KEPT: "neutral",
    FeedbackState.SENT: "warn",
    FeedbackState.TAKEN_UP: "good",
}


def taken_up(row: FeedbackRow) -> str:
    """Say which versions took the proposal up, or that none has."""
    named = [
        f"version {each.version}" + ("" if each.status == "approved" else f" ({each.status})")
        for each in row.taken_up
    ]
    return words.sentence(" and ".join(named)) if named else "None yet"


COLUMNS = (
    Column("cut_off_at", "As of", "moment", sort="cut off"),
    Column("campaign", "Campaign", sort="campaign", width="medium"),
    Column("version", "Version", "count", width="small"),
    Column("verdict", "Goal", sort="verdict"),
    Column("result", "Reached", write=lambda row: words.rate(row.result)),
    Column("state", "Proposal"),
    Column("taken_up", "Taken up by", write=taken_up),
    Column("proposal", "What should change", width="large"),
    Column("sent_at", "Sent", "moment", sort="sent"),
    Column("run", "Run", sort="run"),
    Column("cycle", "Cycle", "count", width="small"),
    Column("metric", "Metric"),
    Column("goal", "Wanted", "percent"),
    Column("unit", "Unit"),
    Column("author", "By"),
)


def draw() -> None:
    """List the cycles as asked, and open the one that is chosen."""
    named = dict(fetch(feedback_campaigns))
    with filters.row():
        text = filters.text("Find", "find", placeholder="Campaign or run")
        campaign = filters.one_of("Campaign", list(named), "campaign", name=named.__getitem__)
        verdict = filters.one_of("Goal", list(Verdict), "goal", name=words.sentence)
        state = filters.one_of("Proposal", list(FeedbackState), "proposal", name=words.sentence)
    chosen = listing(
        feedback,
        columns=COLUMNS,
        key="feedback",
        filters={"text": text, "campaign_id": campaign, "verdict": verdict, "state": state},
        noun="analysis",
        nouns="analyses",
        empty="No analysis is like this. A cycle is frozen on the Impact page of a run.",
        choose="one",
        newest_first=True,
        export=estimates.export_right(current_actor()),
    )
    if chosen:
        forget("feedback")
        navigation.go_to("feedback", id=chosen[0].id)
