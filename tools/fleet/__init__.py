# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet on one machine: hosts in namespaces of their own, reached over real ssh: ``make fleet``."""
