"""The front door: configuration, the topic, the command line, and a local press to show it all with."""
