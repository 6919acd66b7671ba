"""What is done about results: observe outcomes, fold finished runs, analyse a cycle."""

from core.impact.actions.analysing import AnalyseRun, analyse_run
from core.impact.actions.feedback import SendFeedback, send_feedback
from core.impact.actions.folding import FoldRuns, fold_runs
from core.impact.actions.observing import ObserveOutcomes, observe_outcomes

__all__ = [
    "AnalyseRun",
    "FoldRuns",
    "ObserveOutcomes",
    "SendFeedback",
    "analyse_run",
    "fold_runs",
    "observe_outcomes",
    "send_feedback",
]
