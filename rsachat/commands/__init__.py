"""One file a subcommand: assemble the parts, run, map the outcome to an exit code."""
