"""What a caller hears before a person answers: the FastAGI service, menus and prompts."""
