"""Settings, number plan, menus, directories: models and defaults. Imports no sibling."""
