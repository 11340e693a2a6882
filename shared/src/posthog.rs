//! posthog: to be written.
