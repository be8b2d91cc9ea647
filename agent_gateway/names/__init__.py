"""What keys are called by people."""
