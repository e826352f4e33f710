"""All that a person sees; the only importer of rich and prompt_toolkit."""
