"""What an operator edits, and its one reader."""
