"""The demo world: agency, card and worker on one machine, all of it simulated and marked TEST."""
