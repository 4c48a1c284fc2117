"""Klankbord: customer emotion and effort, event by event."""
