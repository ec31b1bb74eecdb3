"""The world outside, played on loopback by a process of its own that keeps its own books."""
