"""Word lists that we wrote, one tab-separated file a language and purpose."""
