"""Assessments: how campaigns and segments stand against their goals, and what was set going."""

import streamlit as st

from components import filters, navigation
from components.assessments import board, making, overview, sheet
from components.gateway import current_actor, heading
from core.access import Permission

assessment_id = navigation.record()
if assessment_id is not None:
    sheet.draw(assessment_id)
    st.stop()

heading("Assessments", "How do campaigns and segments stand, and what follows?")
views = {"Assessments": overview.draw, "Directions": board.draw}
if current_actor().may(Permission.STEER_PORTFOLIO):
    views["New assessment"] = making.draw
view = filters.switch("View", tuple(views), "view")
views[view]()
