"""Write the next version from what the models have and the schema has not.

Use: python -m data.migrations "Say what changes"
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from core.database import connect
from data.migrations import config_for, upgrade

with tempfile.TemporaryDirectory() as folder:
    engine = connect(f"sqlite:///{Path(folder) / 'schema.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        config = config_for(connection)
        count = len(list((Path(__file__).parent / "versions").glob("*.py")))
        command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=f"{count + 1:04}")
    engine.dispose()
