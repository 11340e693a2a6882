//! Whether a forge knows somebody: the one request of the hub to an address that comes from outside.
//!
//! Invariant: the hub speaks only to forges that the operator has listed. What a client sends is
//! compared with the list and then forgotten: the request goes to the listed address. Those are
//! https with a host name, never an address of a private network; loopback only where the operator
//! says that this is a development machine. No redirect is followed (the HTTP port follows none),
//! and the answer is bounded in time and size.

use std::time::Duration;

use ::http::Method;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::http::{Http, MAX_RESPONSE_BYTES, Request, Response, Unreachable};
use crate::secret::Secret;
use crate::service::Api;
use crate::shorten::shorten;

/// How long a forge may take.
pub const FORGE_LIMIT: Duration = Duration::from_secs(10);
/// The longest answer that is read: an account is a few KiB.
pub const MAX_FORGE_BYTES: usize = 64 * 1024;
const _: () = assert!(MAX_FORGE_BYTES < MAX_RESPONSE_BYTES);
/// The longest address and token that are looked at.
pub const MAX_URL_CHARS: usize = 500;
/// The longest token.
pub const MAX_TOKEN_CHARS: usize = 255;
const MAX_NAME_CHARS: usize = 100;

/// Who somebody is, as their forge says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgeUser {
    /// The forge's address, as it is listed.
    pub forge: String,
    /// Their number there: a login can be given away.
    pub id: String,
    /// What they are called.
    pub name: String,
}

/// The forges that the hub asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forges(Vec<String>);

/// A list of forges that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{forge:?} {why}")]
pub struct BadForge {
    forge: String,
    why: &'static str,
}

impl Forges {
    /// Reads a list, separated by commas.
    pub fn parse(list: &str, is_development: bool) -> Result<Self, BadForge> {
        let entries = list.split(',').map(str::trim).filter(|it| !it.is_empty());
        let forge = |text: &str| {
            base_of(text)
                .and_then(|url| may_be_listed(&url, is_development).map(|()| text_of(&url)))
                .and_then(may_be_asked)
                .map_err(|why| BadForge {
                    forge: text.to_owned(),
                    why,
                })
        };
        entries.map(forge).collect::<Result<_, _>>().map(Self)
    }

    /// The listed address that somebody means by this one.
    pub fn listed(&self, address: &str) -> Option<&str> {
        let base = text_of(&base_of(address).ok()?);
        self.0
            .iter()
            .find(|known| **known == base)
            .map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn base_of(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an address")?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err("is not an http(s) address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has a query or a fragment");
    }
    Ok(url)
}

/// One spelling of an address.
fn text_of(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn may_be_listed(url: &Url, is_development: bool) -> Result<(), &'static str> {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if is_loopback {
        return if is_development {
            Ok(())
        } else {
            Err("is this machine: only with HUB_DEVELOPMENT=on")
        };
    }
    if url.scheme() != "https" {
        return Err("is not https");
    }
    match url.host() {
        Some(Host::Domain(name)) if is_public(name) => Ok(()),
        Some(Host::Domain(_)) => Err("is not a name of the public internet"),
        _ => Err("is a number and not a name"),
    }
}

/// Not every address can stand in a request: the operator is told, and not whoever logs in.
fn may_be_asked(base: String) -> Result<String, &'static str> {
    match Api::new(&base) {
        Ok(_) => Ok(base),
        Err(_) => Err("is not an address that can be asked"),
    }
}

/// Whether a host's name can be one of the public internet.
fn is_public(name: &str) -> bool {
    const PRIVATE: [&str; 6] = ["localhost", "local", "internal", "lan", "home", "arpa"];
    // One stop at the end is of the root. With two, `1.0..` would be no number and yet a name.
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit_once('.').map(|(_, last)| last);
    !name.split('.').any(str::is_empty) && last.is_some_and(|last| !PRIVATE.contains(&last))
}

/// Why nobody was let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeRefused {
    /// The token is not one, or not of an account that may be used.
    #[error("the forge does not accept the token")]
    Token,
    /// It did not answer, or with something else.
    #[error("the forge could not be asked: {0}")]
    Unusable(String),
}

impl From<Unreachable> for ForgeRefused {
    fn from(unreachable: Unreachable) -> Self {
        Self::Unusable(unreachable.to_string())
    }
}

/// Asks a listed forge whose token this is.
pub async fn ask(http: &impl Http, forge: &str, token: &Secret) -> Result<ForgeUser, ForgeRefused> {
    let request = user_request(forge, token)?;
    let response = http.send(request, FORGE_LIMIT).await?;
    parse_user(forge, &response)
}

fn user_request(forge: &str, token: &Secret) -> Result<Request, ForgeRefused> {
    let api = Api::new(forge).and_then(|api| api.authorized("Bearer ", token));
    let api = api.map_err(|bad| ForgeRefused::Unusable(bad.to_string()))?;
    Ok(api.call(Method::GET, &["api", "v1", "user"], &[]))
}

/// An account, as Forgejo and Gitea describe it.
#[derive(Deserialize)]
struct Account {
    id: u64,
    #[serde(default)]
    login: String,
    #[serde(default)]
    full_name: String,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    prohibit_login: bool,
}

fn yes() -> bool {
    true
}

fn parse_user(forge: &str, response: &Response) -> Result<ForgeUser, ForgeRefused> {
    match response.status().as_u16() {
        200 => {}
        401 | 403 => return Err(ForgeRefused::Token),
        300..=399 => return Err(ForgeRefused::Unusable("it redirects".to_owned())),
        status => return Err(ForgeRefused::Unusable(format!("it answered {status}"))),
    }
    if response.body().len() > MAX_FORGE_BYTES {
        return Err(ForgeRefused::Unusable("its answer is too long".to_owned()));
    }
    let account: Account = serde_json::from_slice(response.body())
        .map_err(|_| ForgeRefused::Unusable("its answer is no account".to_owned()))?;
    if !account.active || account.prohibit_login {
        return Err(ForgeRefused::Token);
    }
    let name = [&account.full_name, &account.login]
        .into_iter()
        .map(|name| name.trim().replace(char::is_control, " "))
        .find(|name| !name.is_empty());
    Ok(ForgeUser {
        forge: forge.to_owned(),
        id: account.id.to_string(),
        name: shorten(name.as_deref().unwrap_or("Unknown"), MAX_NAME_CHARS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forges(list: &str) -> Forges {
        Forges::parse(list, false).unwrap()
    }

    #[test]
    fn only_what_is_listed_is_spoken_to() {
        let listed = forges("https://codeberg.org, https://git.example.org:8443/forge/");
        for (given, meant) in [
            ("https://codeberg.org", "https://codeberg.org"),
            ("https://CODEBERG.org/", "https://codeberg.org"),
            ("https://codeberg.org:443", "https://codeberg.org"),
            (
                "https://git.example.org:8443/forge",
                "https://git.example.org:8443/forge",
            ),
        ] {
            assert_eq!(listed.listed(given), Some(meant), "{given}");
        }
        for other in [
            "",
            "codeberg.org",
            "http://codeberg.org",
            "https://codeberg.org.evil.example",
            "https://codeberg.org@evil.example",
            "https://evil.example@codeberg.org",
            "https://codeberg.org/api",
            "https://codeberg.org?x=1",
            "https://codeberg.org#x",
            "https://codeberg.org:444",
            "https://git.example.org:8443",
            "https://git.example.org:8443/forge/../..",
            "https://127.0.0.1",
            "https://169.254.169.254/latest/meta-data",
            "http://[::1]:3000",
            "file:///etc/passwd",
            "gopher://codeberg.org",
        ] {
            assert_eq!(listed.listed(other), None, "{other}");
        }
        assert_eq!(Forges::default().listed("https://codeberg.org"), None);
    }

    #[test]
    fn a_list_holds_names_of_the_public_internet_over_https() {
        let refused = |list: &str| Forges::parse(list, false).unwrap_err().why;
        assert_eq!(refused("codeberg.org"), "is not an address");
        assert_eq!(refused("ftp://codeberg.org"), "is not an http(s) address");
        // A name that is one to some, to which no request can be sent.
        let unsent = refused("https://git.}.example");
        assert_eq!(unsent, "is not an address that can be asked");
        assert_eq!(refused("http://codeberg.org"), "is not https");
        assert_eq!(
            refused("https://a:b@codeberg.org"),
            "holds a name or password"
        );
        assert_eq!(
            refused("https://codeberg.org/?a"),
            "has a query or a fragment"
        );
        for private in [
            "https://git",
            "https://git.local",
            "https://x.internal.",
            "https://git..example",
            "https://1.0..",
        ] {
            assert_eq!(refused(private), "is not a name of the public internet");
        }
        for number in [
            "https://10.0.0.1",
            "https://192.168.1.1",
            "https://169.254.169.254",
            "https://0x0a000001",
            "https://[fd00::1]",
            "https://[::ffff:127.0.0.1]",
            "https://8.8.8.8",
        ] {
            assert_eq!(refused(number), "is a number and not a name", "{number}");
        }
        for own in [
            "http://localhost:3000",
            "https://127.0.0.1",
            "http://127.1:3000",
            "http://[::1]",
        ] {
            assert!(refused(own).starts_with("is this machine"), "{own}");
            assert!(Forges::parse(own, true).is_ok(), "{own}");
        }
        // Development opens this machine and nothing else.
        assert!(Forges::parse("http://codeberg.org", true).is_err());
        assert!(Forges::parse("https://10.0.0.1", true).is_err());
    }

    const FORGE: &str = "https://codeberg.org";

    #[test]
    fn the_request_goes_to_the_listed_address_with_the_token() {
        let request = user_request(FORGE, &Secret::new("t0ken")).unwrap();
        assert_eq!(request.method(), "GET");
        assert_eq!(request.uri(), "https://codeberg.org/api/v1/user");
        assert_eq!(request.headers()["authorization"], "Bearer t0ken");
        assert!(user_request(FORGE, &Secret::new("a\r\nHost: b")).is_err());
    }

    fn parsed(status: u16, body: &str) -> Result<ForgeUser, ForgeRefused> {
        let response = ::http::Response::builder().status(status);
        parse_user(FORGE, &response.body(body.as_bytes().to_vec()).unwrap())
    }

    fn name(body: &str) -> String {
        parsed(200, body).unwrap().name
    }

    #[test]
    fn somebody_is_called_by_their_full_name_else_their_login() {
        assert_eq!(
            name(r#"{"id": 1, "login": "ann", "full_name": "Ann Lee"}"#),
            "Ann Lee"
        );
        assert_eq!(
            name(r#"{"id": 1, "login": "ann", "full_name": " "}"#),
            "ann"
        );
        assert_eq!(name(r#"{"id": 1}"#), "Unknown");
        let ann = parsed(200, r#"{"id": 7, "login": "ann", "active": true}"#).unwrap();
        assert_eq!((ann.forge.as_str(), ann.id.as_str()), (FORGE, "7"));
    }

    #[test]
    fn an_account_that_may_not_be_used_is_none() {
        for body in [
            r#"{"id": 1, "login": "ann", "active": false}"#,
            r#"{"id": 1, "login": "ann", "active": true, "prohibit_login": true}"#,
        ] {
            assert_eq!(parsed(200, body), Err(ForgeRefused::Token), "{body}");
        }
        assert_eq!(parsed(401, ""), Err(ForgeRefused::Token));
        assert_eq!(parsed(403, ""), Err(ForgeRefused::Token));
    }

    #[test]
    fn whatever_else_comes_lets_nobody_in() {
        let huge = format!(r#"{{"id": 1, "login": "{}"}}"#, "x".repeat(MAX_FORGE_BYTES));
        for (status, body) in [
            (301, ""),
            (302, r#"{"id": 1}"#),
            (307, ""),
            (500, ""),
            (204, ""),
            (200, ""),
            (200, "[]"),
            (200, r#"{"login": "ann"}"#),
            (200, &huge),
        ] {
            let refused = parsed(status, body).unwrap_err();
            assert!(matches!(refused, ForgeRefused::Unusable(_)), "{status}");
        }
    }
}
