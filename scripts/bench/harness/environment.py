"""What a program of ours is started with."""

import os


def for_program(**settings):
    """This environment and these settings. Settings of whoever runs this, the suite's among them, are not the program's own:
    it would refuse to start with one that it does not know, or use a store that is not this run's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("INNKEEPER_")}
    # Swift's backtracer prints registers and memory, where secrets live.
    return own | {"SWIFT_BACKTRACE": "enable=no"} | settings
