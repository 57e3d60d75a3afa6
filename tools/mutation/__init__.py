# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the tests notice when the code is broken: ``make test-mutation``."""
