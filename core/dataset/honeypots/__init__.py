"""Honeypots: entries with known answers in the queues of readers, which tell how often each reader is right."""
