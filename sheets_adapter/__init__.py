"""Where records live: the store contract, the journal, the codec, the checkpointer and the repository."""
