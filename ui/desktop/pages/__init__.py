"""One page for each kind of thing that a worker can be doing."""
