"""Impact: what campaigns changed that would not have happened anyway."""

from components import navigation
from components.gateway import current_actor, fetch, heading
from components.impact import board, cycles, exporting, funnel, sheet
from core.impact.queries import runs

heading("Impact", "What did campaigns change that would not have happened anyway?")
run_id = navigation.record("run")
if run_id is None:
    exporting.draw()
    with exporting.pictures():
        board.draw()
else:
    navigation.link("impact", "All campaigns", actor=current_actor(), icon=":material/arrow_back:")
    run = fetch(runs.impact, run_id=run_id)
    exporting.draw(run)
    with exporting.pictures(run):
        sheet.draw(run)
        funnel.draw(run)
    cycles.draw(run)
