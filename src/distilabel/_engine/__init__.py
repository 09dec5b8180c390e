"""The engine: takes rows through steps, keeps answers, says what happens. Builds no pipeline."""
