"""Two policies over the same recorded events, before either goes live."""
