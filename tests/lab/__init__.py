# SPDX-License-Identifier: LGPL-2.1-or-later
"""The laboratory: real tunnels, real buses and a real polkit in throw-away namespaces. See README.md."""
