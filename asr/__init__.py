"""From a party's audio to text, and from text to a pre-filled ticket."""
