"""The Faust agents: thin loops around one step function."""
