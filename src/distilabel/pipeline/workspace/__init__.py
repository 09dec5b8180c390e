"""Where runs keep their files: directories, the list of runs, what the cache holds."""
