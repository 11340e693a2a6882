//! The unpacked compiler: made to run where it lies, and given a standard library for wasm.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::run;
use crate::setup::Lock;
use crate::setup::wasm::TARGET;

/// The unpacked toolchain.
pub(super) struct Toolchain<'a> {
    root: &'a Path,
    /// The folder of its shared libraries, below `root`.
    libraries: String,
}

impl<'a> Toolchain<'a> {
    pub(super) fn at(root: &'a Path) -> Result<Self> {
        let candidates = fs::read_dir(root.join("usr/lib"))?.flatten();
        let holds_driver = |folder: &Path| {
            fs::read_dir(folder).is_ok_and(|files| {
                files.flatten().any(|file| {
                    file.file_name()
                        .to_string_lossy()
                        .starts_with("librustc_driver-")
                })
            })
        };
        let folder = candidates
            .map(|entry| entry.path())
            .find(|folder| holds_driver(folder))
            .context("the unpacked compiler has no driver")?;
        let libraries = folder.strip_prefix(root)?.display().to_string();
        Ok(Self { root, libraries })
    }

    /// Makes `bin/<name>`, which starts `program` with the toolchain's libraries. It finds both
    /// by its own place, so that the toolchain can be renamed.
    pub(super) fn wrap(&self, name: &str, program: &str) -> Result<()> {
        let script = format!(
            "#!/bin/sh\n\
             root=$(cd \"$(dirname \"$0\")/..\" && pwd)\n\
             LD_LIBRARY_PATH=\"$root/{}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}\" \\\n\
             exec \"$root/{program}\" \"$@\"\n",
            self.libraries,
        );
        ensure!(
            self.root.join(program).exists(),
            "the packages hold no {program}"
        );
        let file = self.root.join("bin").join(name);
        fs::create_dir_all(self.root.join("bin"))?;
        fs::write(&file, script)?;
        make_executable(&file)
    }

    pub(super) fn llvm_major(&self, project: &Project) -> Result<String> {
        let said = run::output(project.command(self.root.join("bin/rustc")).arg("-vV"))?;
        let version = said
            .lines()
            .find_map(|line| line.strip_prefix("LLVM version: "));
        let major = version.and_then(|version| version.split('.').next());
        Ok(major
            .context("the compiler names no LLVM version")?
            .to_owned())
    }

    /// Compiles the standard library for wasm and puts it where the compiler looks for it.
    pub(super) fn build_std(&self, project: &Project, lock: &Lock) -> Result<()> {
        let scratch = project.tool("build/std");
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        fs::create_dir_all(&scratch)?;
        // An empty package of its own: with `[workspace]`, so that it does not join ours.
        fs::write(
            scratch.join("Cargo.toml"),
            "[package]\nname = \"std-for-wasm\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [lib]\npath = \"lib.rs\"\n[workspace]\n",
        )?;
        fs::write(scratch.join("lib.rs"), "")?;
        let mut cargo = project.cargo();
        cargo.args(["build", "--release", "--target", TARGET]);
        cargo
            .arg("-Zbuild-std=std,panic_abort,proc_macro,test")
            .current_dir(&scratch);
        cargo.env("CARGO_TARGET_DIR", scratch.join("target"));
        cargo.env("RUSTC", self.root.join("bin/rustc"));
        cargo.env("RUSTC_BOOTSTRAP", "1");
        // Bitcode, or a later build with link-time optimisation fails; and the paths that
        // rustup's own libraries carry, not this machine's.
        let sources = self.root.join("usr/lib/rustlib/src/rust");
        let flags = format!(
            "-Cembed-bitcode=yes\x1f--remap-path-prefix={}=/rustc",
            sources.canonicalize()?.display()
        );
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
        lock.step(
            "the standard library for wasm",
            &project.tool("logs/std.log"),
            &mut cargo,
        )?;

        let sysroot = self.root.join("usr/lib/rustlib").join(TARGET).join("lib");
        fs::create_dir_all(&sysroot)?;
        for file in fs::read_dir(scratch.join("target").join(TARGET).join("release/deps"))? {
            let file = file?.path();
            let name = file.file_name().context("a file has a name")?;
            let is_library = file
                .extension()
                .is_some_and(|extension| extension == "rlib");
            if is_library && !name.to_string_lossy().starts_with("libstd_for_wasm") {
                fs::copy(&file, sysroot.join(name))?;
            }
        }
        // 400 MB of sources have done their work.
        fs::remove_dir_all(self.root.join("usr/src"))?;
        fs::remove_dir_all(scratch)?;
        Ok(())
    }
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(
        file,
        fs::Permissions::from_mode(0o755),
    )?)
}

#[cfg(not(unix))]
fn make_executable(file: &Path) -> Result<()> {
    anyhow::bail!("{} can run on Debian only", file.display())
}
