//! Cloudflare by way of `npx wrangler`, in the project's folder.
//!
//! What it prints for people changes from version to version; relied upon are its exit codes, and
//! its JSON where it has some.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use crate::outcome::{Exit, Failure};
use crate::progress::doing;
use crate::table::line;

pub(crate) struct Wrangler {
    folder: PathBuf,
}

/// What came of a command.
struct Ran {
    ok: bool,
    out: String,
    err: String,
}

impl Ran {
    /// What it complained of: its last words, without the frame around them.
    fn complaint(&self) -> String {
        let both = [self.err.as_str(), self.out.as_str()];
        let lines = both.iter().flat_map(|text| text.lines().map(str::trim));
        let of_error = lines.clone().find(|line| line.contains("ERROR"));
        let any = lines.clone().find(|line| !line.is_empty());
        line(of_error.or(any).unwrap_or("it said nothing"), 300)
    }
}

impl Wrangler {
    /// Wrangler in the folder of this configuration.
    pub(crate) fn beside(config: &Path) -> Self {
        let folder = config.parent().filter(|it| !it.as_os_str().is_empty());
        Self {
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
        }
    }

    /// The accounts that wrangler is logged in to, in words.
    pub(crate) fn accounts(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct WhoAmI {
            logged_in: bool,
            #[serde(default)]
            accounts: Vec<Account>,
        }
        #[derive(Deserialize)]
        struct Account {
            name: String,
        }
        let ran = self.wrangler(&["whoami", "--json"], None)?;
        let who = json::<WhoAmI>(&ran.out).filter(|who| ran.ok && who.logged_in);
        let who = who.ok_or_else(|| {
            Failure::new(Exit::Refused, "wrangler is not logged in to Cloudflare")
                .with_fix("npx wrangler login, or set CLOUDFLARE_API_TOKEN.")
        })?;
        let names: Vec<&str> = who.accounts.iter().map(|it| it.name.as_str()).collect();
        Ok(line(&names.join(", "), 200))
    }

    /// The id of the namespace of this title.
    pub(crate) fn namespace(&self, title: &str) -> Result<Option<String>, Failure> {
        #[derive(Deserialize)]
        struct Namespace {
            id: String,
            title: String,
        }
        let ran = self.wrangler(&["kv", "namespace", "list"], None)?;
        let list = json::<Vec<Namespace>>(&ran.out).filter(|_| ran.ok);
        let list = list.ok_or_else(|| failed("kv namespace list", &ran))?;
        let ours = list.into_iter().find(|it| it.title == title);
        Ok(ours.map(|it| it.id))
    }

    /// Makes a namespace. Its id is read from the list: what `create` prints is for people.
    pub(crate) fn make_namespace(&self, title: &str) -> Result<String, Failure> {
        let ran = self.wrangler(&["kv", "namespace", "create", title], None)?;
        // Somebody else may have made it meanwhile: the list says.
        self.namespace(title)?
            .ok_or_else(|| failed("kv namespace create", &ran))
    }

    /// Whether there is a queue of this name.
    pub(crate) fn has_queue(&self, name: &str) -> Result<bool, Failure> {
        Ok(self.wrangler(&["queues", "info", name], None)?.ok)
    }

    /// Makes a queue.
    pub(crate) fn make_queue(&self, name: &str) -> Result<(), Failure> {
        let ran = self.wrangler(&["queues", "create", name], None)?;
        if ran.ok || self.has_queue(name)? {
            Ok(())
        } else {
            Err(failed("queues create", &ran))
        }
    }

    /// Sets the secrets of a worker, which is made if it is not there yet.
    pub(crate) fn set_secrets(
        &self,
        environment: &str,
        values: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let values: serde_json::Map<String, Value> = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        let body = Value::Object(values).to_string();
        let ran = self.wrangler(&["secret", "bulk", "--env", environment], Some(&body))?;
        if ran.ok {
            Ok(())
        } else {
            Err(failed("secret bulk", &ran))
        }
    }

    /// Deploys both workers, showing what is done where a person looks at it.
    pub(crate) fn deploy(&self) -> Result<(), Failure> {
        let mut cargo = Command::new("cargo");
        cargo.args(["xtask", "deploy"]).current_dir(&self.folder);
        // Standard output is for what this program says.
        cargo
            .stdout(Stdio::from(std::io::stderr()))
            .stdin(Stdio::null());
        let status = cargo.status().map_err(|error| missing("cargo", &error))?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::failed("`cargo xtask deploy` did not work")
                .with_fix("Mend what it says above, and give setup again: it goes on from here."))
        }
    }

    fn wrangler(&self, args: &[&str], input: Option<&str>) -> Result<Ran, Failure> {
        let _doing = doing(&format!("wrangler {}", args.join(" ")));
        let mut command = Command::new("npx");
        command.arg("wrangler").args(args).current_dir(&self.folder);
        // Questions have their defaults when nobody is there to answer them.
        command
            .env("CI", "true")
            .env("WRANGLER_SEND_METRICS", "false");
        command.stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| missing("npx", &error))?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A child that does not read says by its exit code why.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child
            .wait_with_output()
            .map_err(|error| missing("npx", &error))?;
        Ok(Ran {
            ok: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// The JSON of an output that may have a banner before it.
fn json<T: serde::de::DeserializeOwned>(out: &str) -> Option<T> {
    let starts = out.match_indices(['{', '[']).map(|(at, _)| at);
    starts.take(8).find_map(|at| {
        let mut values = serde_json::Deserializer::from_str(&out[at..]).into_iter::<T>();
        values.next()?.ok()
    })
}

fn failed(what: &str, ran: &Ran) -> Failure {
    let message = format!("`npx wrangler {what}` did not work: {}", ran.complaint());
    Failure::failed(message).with_fix(
        "Mend it and give setup again: it goes on from here. `npx wrangler whoami` shows the \
         account and its permissions.",
    )
}

fn missing(program: &str, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{program} cannot be started: {error}"))
        .with_fix("Install Node with npm, and Rust.")
}
