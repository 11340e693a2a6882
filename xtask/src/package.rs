//! The programs for machines without Rust: static ones, and a Debian package of the operator's.
//!
//! Invariant: what is packed needs nothing of the machine that it comes to, not even its C library. A static
//! one still loads that library's plug-ins when it is asked for names or users, and those of another version
//! end the program with a floating point exception: hence the feature `hickory-dns`, and never a user's home
//! but from `HOME`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::setup::cargo_tools;
use crate::{run, setup};

/// Where things are put.
const FOLDER: &str = "target/package";

/// In `Cargo.toml`.
const PROFILE: &str = "dist";

/// The collector alone may have so many bytes.
const BUDGET: u64 = 11_000_000;

pub(crate) fn run(project: &Project) -> Result<()> {
    setup::tool(project, cargo_tools::DEB)?;
    let folder = project.path(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let target = host(project)?;

    let mut cargo = project.cargo();
    cargo.args(["build", "--profile", PROFILE, "--target", &target]);
    cargo.args(["--package", "cli", "--package", "collector", "--bins"]);
    cargo.args(["--features", "cli/hickory-dns,collector/hickory-dns"]);
    // Because the target is named, these are not for what runs during the build.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    let log = project.tool("logs/package.log");
    run::step("static programs", &log, &mut cargo)?;
    for name in ["bugbot", "bugbot-collector"] {
        let built = project.path(&format!("target/{target}/{PROFILE}/{name}"));
        check(&built)?;
        fs::copy(&built, folder.join(name)).with_context(|| built.display().to_string())?;
    }

    let mut deb = project.command(cargo_tools::program(project, "cargo-deb"));
    deb.args(["deb", "--no-build", "--package", "cli"]);
    deb.args(["--profile", PROFILE, "--target", &target, "--output"]);
    deb.arg(&folder);
    let log = project.tool("logs/cargo-deb.log");
    run::step("Debian package", &log, &mut deb)?;
    list(&folder)
}

/// The target that this machine is, by its compiler.
fn host(project: &Project) -> Result<String> {
    let said = run::output(project.command("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

fn check(program: &Path) -> Result<()> {
    let bytes = fs::read(program).with_context(|| program.display().to_string())?;
    ensure!(is_static(&bytes), "{} is not static", program.display());
    let size = bytes.len() as u64;
    ensure!(
        size <= BUDGET || !program.ends_with("bugbot-collector"),
        "{} has {size} bytes; it may have {BUDGET}",
        program.display()
    );
    Ok(())
}

/// Whether a 64-bit ELF program names nobody who is to load it (`PT_INTERP`).
fn is_static(elf: &[u8]) -> bool {
    let number = |at: usize, bytes: usize| {
        let field = elf.get(at..at + bytes)?;
        Some(
            field
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    };
    let interpreted = || {
        let (headers, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        let mut types = (0..count).map(|nth| number(headers + nth * size, 4));
        Some(types.any(|kind| kind == Some(3)))
    };
    elf.starts_with(b"\x7fELF") && interpreted() == Some(false)
}

fn list(folder: &Path) -> Result<()> {
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let kilobytes = file.metadata()?.len() / 1000;
        println!("{kilobytes:>8} KB  {}", file.path().display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_loaded_is_not_static() {
        let this = std::env::current_exe().unwrap();
        let mut bytes = fs::read(this).unwrap();
        assert!(!is_static(&bytes));
        // No program headers, and nothing that is to load it.
        bytes[56..58].fill(0);
        assert!(is_static(&bytes));
        assert!(!is_static(b"#!/bin/sh\n") && !is_static(b"\x7fELF"));
    }

    #[test]
    fn what_the_debian_package_takes_is_there() {
        let project = Project::here().unwrap();
        let manifest = fs::read_to_string(project.path("cli/Cargo.toml")).unwrap();
        let (_, assets) = manifest.split_once("assets = [").unwrap();
        let (assets, _) = assets.split_once("\n]").unwrap();
        let files: Vec<_> = assets
            .lines()
            .filter_map(|line| line.split('"').nth(1))
            .filter(|file| !file.starts_with("target/"))
            .collect();
        assert!(files.len() >= 3);
        for file in files {
            assert!(project.path("cli").join(file).exists(), "{file}");
        }
    }
}
