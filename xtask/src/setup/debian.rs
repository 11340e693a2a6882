//! A wasm toolchain from Debian's packages, unpacked into the project: no root, no rustup, nothing
//! outside the project touched.
//!
//! Debian ships the compiler (`rustc-web`, kept current for its browsers) and the matching sources
//! of the standard library, but not the library compiled for wasm: that is built here, once, into
//! the unpacked toolchain's own sysroot. apt keeps its lists and downloads in the project too.

mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::run;
use crate::setup::Lock;
use toolchain::Toolchain;

/// The oldest compiler that the workspace accepts (`rust-version`).
const MIN_MINOR: u32 = 91;

/// Changes when the toolchain below is made differently.
const RECIPE: &str = "1";

/// The toolchain, if it is complete. It is made under another name and renamed at the end, so
/// that its presence is its completeness.
pub(crate) fn installed(project: &Project) -> Option<PathBuf> {
    let toolchain = finished(project);
    toolchain.join("bin/rustc").exists().then_some(toolchain)
}

fn finished(project: &Project) -> PathBuf {
    project.tool(&format!("rust-web-{RECIPE}"))
}

pub(crate) fn install(project: &Project, lock: &Lock) -> Result<PathBuf> {
    let apt = Apt::new(project, lock)?;
    let making = project.tool("rust-web.partial");
    if making.exists() {
        fs::remove_dir_all(&making).with_context(|| making.display().to_string())?;
    }
    apt.update()?;
    apt.check_version()?;

    let mut packages = apt.with_dependencies(&["rustc-web", "rust-web-src"])?;
    packages.extend(apt.libraries_of("rustc-web")?);
    apt.unpack(
        "the compiler and its library's sources (from Debian)",
        packages,
        &making,
    )?;
    let toolchain = Toolchain::at(&making)?;
    toolchain.wrap("rustc", "usr/bin/rustc")?;
    let llvm = toolchain.llvm_major(project)?;
    let packages = apt.with_dependencies(&[&format!("lld-{llvm}")])?;
    apt.unpack("its linker (from Debian)", packages, &making)?;
    toolchain.wrap("wasm-ld", &format!("usr/lib/llvm-{llvm}/bin/wasm-ld"))?;

    toolchain.build_std(project, lock)?;
    let finished = finished(project);
    fs::rename(&making, &finished).with_context(|| finished.display().to_string())?;
    // Artefacts of another standard library do not link with this one.
    let stale = project.path("target/wasm");
    if stale.exists() {
        fs::remove_dir_all(&stale).with_context(|| stale.display().to_string())?;
    }
    Ok(finished)
}

/// A package of Debian's, unpacked into the tools with what it needs; its folder.
pub(crate) fn package(project: &Project, name: &str) -> Result<PathBuf> {
    let unpacked = project.tool(&format!("debian/{name}"));
    if unpacked.exists() {
        return Ok(unpacked);
    }
    let lock = Lock::take(project)?;
    let apt = Apt::new(project, &lock)?;
    apt.update()?;
    let making = project.tool(&format!("debian/{name}.partial"));
    if making.exists() {
        fs::remove_dir_all(&making).with_context(|| making.display().to_string())?;
    }
    let packages = apt.with_dependencies(&[name])?;
    apt.unpack(&format!("{name} (from Debian)"), packages, &making)?;
    fs::rename(&making, &unpacked).with_context(|| unpacked.display().to_string())?;
    Ok(unpacked)
}

/// apt with lists and downloads of its own.
struct Apt<'a> {
    project: &'a Project,
    lock: &'a Lock,
    configuration: PathBuf,
}

impl<'a> Apt<'a> {
    fn new(project: &'a Project, lock: &'a Lock) -> Result<Self> {
        for program in ["apt-get", "apt-cache", "dpkg-deb"] {
            run::output(project.command(program).arg("--version"))
                .context("this is no Debian or Ubuntu system")?;
        }
        let (lists, cache) = (project.tool("apt/lists"), project.tool("apt/cache"));
        for folder in [lists.join("partial"), cache.join("archives/partial")] {
            fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        let configuration = project.tool("apt/apt.conf");
        let text = format!(
            "// Lists and downloads inside the project.\n\
             Dir::State::lists \"{}\";\nDir::Cache \"{}\";\n\
             // Nothing of the system is changed, so its lock is none of our business, nor are the\n\
             // things that it does after an update.\n\
             Debug::NoLocking \"1\";\n\
             #clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n\
             // The user that apt steps down to may not read a project in somebody's home.\n\
             APT::Sandbox::User \"root\";\n",
            lists.display(),
            cache.display(),
        );
        fs::write(&configuration, text).with_context(|| configuration.display().to_string())?;
        Ok(Self {
            project,
            lock,
            configuration,
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.project.command(program);
        command
            .arg("--config-file")
            .arg(&self.configuration)
            .env("LC_ALL", "C");
        command
    }

    fn update(&self) -> Result<()> {
        let log = self.project.tool("logs/apt-update.log");
        self.lock.step(
            "Debian's package lists",
            &log,
            self.command("apt-get").arg("update"),
        )
    }

    fn check_version(&self) -> Result<()> {
        let policy = run::output(self.command("apt-cache").args(["policy", "rustc-web"]))?;
        let candidate = policy
            .lines()
            .find_map(|line| line.trim().strip_prefix("Candidate: "));
        let minor = candidate.and_then(minor_version);
        ensure!(
            minor.is_some_and(|minor| minor >= MIN_MINOR),
            "rustc-web is at {}; at least 1.{MIN_MINOR} is needed",
            candidate.unwrap_or("no version"),
        );
        Ok(())
    }

    /// The packages, with all that they need and this machine lacks.
    fn with_dependencies(&self, packages: &[&str]) -> Result<Vec<String>> {
        let mut simulate = self.command("apt-get");
        simulate
            .args(["--simulate", "--no-install-recommends", "install"])
            .args(packages);
        let missing = installs(&run::output(&mut simulate)?);
        Ok(packages
            .iter()
            .map(|package| (*package).to_owned())
            .chain(missing)
            .collect())
    }

    /// The compiler's own libraries: they have to be in the unpacked toolchain even where the
    /// system has them, because the compiler finds its sysroot beside them.
    fn libraries_of(&self, package: &str) -> Result<Vec<String>> {
        let mut depends = self.command("apt-cache");
        depends.args(["depends", "--recurse", "--no-recommends", "--no-suggests"]);
        depends.args([
            "--no-conflicts",
            "--no-breaks",
            "--no-replaces",
            "--no-enhances",
            package,
        ]);
        let listed = run::output(&mut depends)?;
        let names = listed
            .lines()
            .filter(|name| name.starts_with("libstd-rust-web-"));
        Ok(names.map(str::to_owned).collect())
    }

    fn unpack(&self, what: &str, mut packages: Vec<String>, into: &Path) -> Result<()> {
        packages.sort();
        packages.dedup();
        let downloads = self.project.tool("apt/downloads");
        if downloads.exists() {
            fs::remove_dir_all(&downloads)?;
        }
        fs::create_dir_all(&downloads)?;
        let log = self.project.tool("logs/apt-download.log");
        let mut download = self.command("apt-get");
        self.lock.step(
            what,
            &log,
            download
                .arg("download")
                .args(packages)
                .current_dir(&downloads),
        )?;
        fs::create_dir_all(into)?;
        for package in fs::read_dir(&downloads)? {
            let package = package?.path();
            run::output(
                self.project
                    .command("dpkg-deb")
                    .arg("-x")
                    .arg(package)
                    .arg(into),
            )?;
        }
        fs::remove_dir_all(&downloads)?;
        Ok(())
    }
}

/// The names of an apt simulation's `Inst name (version ...)` lines.
fn installs(simulation: &str) -> Vec<String> {
    simulation
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next())
        .map(str::to_owned)
        .collect()
}

/// 96 of `1.96.0+dfsg1-1~deb12u2`.
fn minor_version(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_names_what_is_missing() {
        let said = "Reading package lists...\n\
                    Inst libllvm22 (1:22.1.8-1 Debian-Security:12 [amd64])\n\
                    Inst rustc-web [1.85.0] (1.96.0+dfsg1-1 Debian-Security:12 [amd64])\n\
                    Conf libllvm22 (1:22.1.8-1 Debian-Security:12 [amd64])\n";
        assert_eq!(installs(said), ["libllvm22", "rustc-web"]);
    }

    #[test]
    fn debians_versions_are_understood() {
        assert_eq!(minor_version("1.96.0+dfsg1-1~deb12u2"), Some(96));
        assert_eq!(minor_version("(none)"), None);
    }
}
