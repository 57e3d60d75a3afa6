# SPDX-FileCopyrightText: 2026 The linuxnet.netns developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual machine with a stock Debian kernel, systemd and udev, and what is tried in it: ``make test-vm``."""
