# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Debian that has nothing but its base, and what a newcomer does on it: ``make test-fresh``."""
