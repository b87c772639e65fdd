# SPDX-License-Identifier: LGPL-2.1-or-later
#
# When $AIRPODS_RESULTS names a directory, every run of pytest leaves a JUnit file there, so that scripts/check can count
# cases instead of files. The name is random: tests in process namespaces share pids. Holds no fixtures: those belong to
# bus/ and net/.
import os
import secrets

import pytest


@pytest.hookimpl(tryfirst=True)  # before pytest's own JUnit plugin looks at the option
def pytest_configure(config):
    directory = os.environ.get("AIRPODS_RESULTS")
    if directory and not config.option.xmlpath:
        config.option.xmlpath = os.path.join(directory, f"pytest-{secrets.token_hex(8)}.xml")
