"""Feedback: what each analysis found, what it proposes, and which version takes it up."""

from components import navigation, words
from components.feedback import board, proposing, sheet, versions
from components.gateway import current_actor, fetch, heading
from core.impact.queries.feedback import feedback_sheet

QUESTION = "What worked for whom, what should change, and has a version taken it up?"

analysis_id = navigation.record()
if analysis_id is None:
    heading("Feedback", QUESTION)
    board.draw()
else:
    found = fetch(feedback_sheet, analysis_id=analysis_id)
    row = found.row
    title = f"{row.campaign}, version {row.version}: cycle {row.cycle}"
    heading(words.plain(title), QUESTION)
    navigation.link("feedback", "All analyses", actor=current_actor(), icon=":material/arrow_back:")
    sheet.draw(found)
    proposing.draw(found)
    sheet.findings(found)
    versions.draw(row.campaign_id)
