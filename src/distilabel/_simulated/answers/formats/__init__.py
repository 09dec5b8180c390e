"""Answer formats that prompts ask for; one module per family of tasks."""
