//! Getting the one commit that a run starts from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::executor::CloneSource;
use url::Url;

use super::{Git, GitFailed, output};

/// Fetches the base commit and nothing older.
///
/// The token goes into the environment of this one git process, as a header for this one origin:
/// never into an address, a file or a command line. No remote is ever configured, and
/// `FETCH_HEAD` is not written, so that the repository does not know where it came from.
pub async fn fetch(git: &Git, source: &CloneSource) -> Result<(), GitFailed> {
    let url = Url::parse(&source.url).map_err(|error| GitFailed(error.to_string()))?;
    let commit = source.base_commit.as_str();
    let first = fetch_one(git, source, &url, commit).await;
    if first.is_err() {
        // Servers may refuse to hand out a commit by its id; then it must be the branch's tip.
        let branch = format!("refs/heads/{}", source.branch);
        if fetch_one(git, source, &url, &branch).await.is_err() {
            return first;
        }
    }
    let wanted = format!("{commit}^{{commit}}");
    output(git.command(&["cat-file", "-e", &wanted]))
        .await
        .map(drop)
        .map_err(|_| GitFailed(format!("{commit} is not at the tip of {}", source.branch)))
}

async fn fetch_one(
    git: &Git,
    source: &CloneSource,
    url: &Url,
    what: &str,
) -> Result<(), GitFailed> {
    let arguments = [
        "fetch",
        "--quiet",
        "--depth=1",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--end-of-options",
        url.as_str(),
        what,
    ];
    let header_key = format!("http.{}/.extraHeader", url.origin().ascii_serialization());
    let header = source.token.as_ref().map(|token| {
        let pair = format!("x-access-token:{}", token.expose());
        format!("Authorization: Basic {}", STANDARD.encode(pair))
    });
    let settings: Vec<(&str, &str)> = header
        .iter()
        .map(|header| (header_key.as_str(), header.as_str()))
        .collect();
    // `validate` has seen to it that http is loopback.
    output(git.command_with(&arguments, &settings, url.scheme()))
        .await
        .map(drop)
}
