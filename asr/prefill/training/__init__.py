"""Fitting the trained parts of the pre-filler to labelled calls; the service never imports it."""
