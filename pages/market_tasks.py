"""Market tasks: what is watched in the market, what was found, and what it comes to."""

from components import navigation
from components.gateway import heading
from components.market import tasks

task_id = navigation.record()
if task_id is None:
    heading("Market tasks", "What do we watch in the market, and what have we found?")
    tasks.overview()
else:
    task = tasks.drawn(task_id)
    heading(task.name, task.description or "What was read and found, and what does it come to?")
    tasks.sheet(task)
