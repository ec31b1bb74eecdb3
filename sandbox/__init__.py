"""The world outside, played on loopback by a process of its own, with books of its own. It knows nothing of the product."""
