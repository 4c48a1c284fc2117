"""Linear models over the words of one line, and the weight files that `make train` makes."""
