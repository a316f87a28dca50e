"""The bridge between Qt and the layers below: workers in threads of their own, and queued signals."""
