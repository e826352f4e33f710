"""The client's core: intents and link events in, actions and views out."""
