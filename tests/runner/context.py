# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What every stage gets: where the source is, where to build and to log, and how many things at once.
import os
from dataclasses import dataclass, field

from builds import Builds


@dataclass
class Context:
    source: str
    root: str  # everything that a run writes is below it
    jobs: int = len(os.sched_getaffinity(0))
    builds: Builds = field(init=False)

    def __post_init__(self):
        self.builds = Builds(self.source, self.root)
        os.makedirs(f"{self.root}/logs", exist_ok=True)
