"""The event file ``events.pb``: framing, encoding, writing, reading and repairing it. Knows no other format."""
