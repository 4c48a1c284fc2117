"""The pages, and what makes those that are made from code."""
