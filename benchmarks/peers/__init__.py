"""The same small work as others do it, each in one file, as its own documentation teaches: `make bench-peers`."""
