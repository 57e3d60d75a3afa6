# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of all modules has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes, requirements and results that every module shares."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - Linux 4.18 or later
  - Python 3.9 or later
  - pyroute2 0.7.2 or later
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return what a real run would change, without changing it.
  diff_mode:
    support: full
    description:
      - Returns what has changed, or in check mode what would, when in diff mode.
      - RV(ignore:diff) is a list with a difference for each namespace in which something changes. Headers say where.
  idempotent:
    support: full
    description: When run twice in a row, the second run changes nothing.
  platform:
    support: full
    platforms: linux
    description: The operating systems that the module works on.
  action_group:
    support: full
    description:
      - Use C(group/linuxnet.netns.netns) in C(module_defaults) to set defaults for all modules of the collection.
    membership: [linuxnet.netns.netns]
author:
  - The linuxnet.netns developers (@linuxnet)
"""

    READING = r"""
options: {}
requirements:
  - Linux 4.18 or later
  - Python 3.9 or later
  - pyroute2 0.7.2 or later
attributes:
  check_mode:
    support: full
    description: It only reads, in check mode too.
  diff_mode:
    support: N/A
    description: It only reads, so there is no difference to show.
  idempotent:
    support: full
    description: It only reads.
  platform:
    support: full
    platforms: linux
    description: The operating systems that the module works on.
  action_group:
    support: full
    description:
      - Use C(group/linuxnet.netns.netns) in C(module_defaults) to set defaults for all modules of the collection.
    membership: [linuxnet.netns.netns]
author:
  - The linuxnet.netns developers (@linuxnet)
"""
