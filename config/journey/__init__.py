"""The demo journey: one loan carried the whole way, as a partner's program would do it, over real HTTP."""
