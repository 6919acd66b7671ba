"""What every server loads before it answers, loaded once: servers are forked from here."""

import logging

from components import warm_up

logging.disable(logging.WARNING)  # Streamlit remarks that no server is running yet
warm_up.load()
logging.disable(logging.NOTSET)
