"""What is wrong with this computer, as findings with a remedy each: for ``paraph diagnose`` and the windows."""
