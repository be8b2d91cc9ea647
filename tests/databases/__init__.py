"""The databases that the store is tested on."""
