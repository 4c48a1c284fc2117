"""What an operator of a cluster starts from."""
