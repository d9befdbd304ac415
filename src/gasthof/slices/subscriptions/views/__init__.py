"""Pages of subscriptions, their exports, and plans."""
