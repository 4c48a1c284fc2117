"""What the hot path costs, measured on the machine at hand."""
