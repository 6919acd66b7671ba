"""Truth check: whether what was reported as sold appears in the holdings."""

from components import navigation
from components.gateway import current_actor, fetch, heading
from components.truth import overview, reviewing, sheet
from core.access import Permission
from core.truth.queries import runs

heading("Truth check", "Does what was reported as sold appear in the holdings?")
run_id = navigation.record("run")
if run_id is None:
    if current_actor().may(Permission.REVIEW_CONVERSIONS):
        reviewing.draw()
    overview.draw()
else:
    navigation.link("truth", "All runs", actor=current_actor(), icon=":material/arrow_back:")
    sheet.draw(fetch(runs.truth, run_id=run_id))
