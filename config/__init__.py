"""Settings, number plan, menus and directories: models, validation, defaults. Imports no sibling."""
