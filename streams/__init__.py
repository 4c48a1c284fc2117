"""The wires: everything that touches a topic, a table or another process."""
