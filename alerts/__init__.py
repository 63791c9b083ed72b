"""Telling people: rules, what a reader is told and when, mails, and the channels they leave by."""
