//! Whose deliveries a route takes: how they prove where they are from, and by what they are known
//! again.

/// A kind of sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// GitHub.
    GitHub,
    /// Forgejo, and Gitea before it.
    Forgejo,
    /// An internal or public integration of Sentry's.
    Sentry,
    /// A webhook destination of `PostHog`'s, which signs nothing: it sends a header that it is given.
    PostHog,
    /// Linear.
    Linear,
    /// Anything that can send `Authorization: Bearer …`.
    Bearer,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::GitHub,
        Self::Forgejo,
        Self::Sentry,
        Self::PostHog,
        Self::Linear,
        Self::Bearer,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Forgejo => "forgejo",
            Self::Sentry => "sentry",
            Self::PostHog => "posthog",
            Self::Linear => "linear",
            Self::Bearer => "bearer",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// Whether the body is signed, so that the same bytes are the same delivery, whoever sends them.
    pub fn is_signed(self) -> bool {
        !matches!(self, Self::PostHog | Self::Bearer)
    }
}
