"""The commands of ``paraph-agency``, one module each; the command is always called ``command``."""
