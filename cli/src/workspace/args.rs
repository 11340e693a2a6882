//! The command line of `bugbot workspace`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with directories and what is made of them.
#[derive(Debug, Subcommand)]
pub enum WorkspaceArgs {
    /// Says what would be captured of a directory, and what would be left out.
    Capture {
        /// The directory.
        directory: PathBuf,
    },
    /// Writes a snapshot: a tar whose bytes are the same for the same files.
    Snapshot {
        /// The directory.
        directory: PathBuf,
        /// The file to write, which is not there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Makes a directory of a snapshot, a crash report or a bundle.
    Restore {
        /// The file.
        snapshot: PathBuf,
        /// The directory to make, which is not there yet.
        directory: PathBuf,
    },
    /// Says which files differ.
    Diff {
        /// A directory or a snapshot.
        before: PathBuf,
        /// A directory or a snapshot.
        after: PathBuf,
    },
    /// Lists the files.
    Ls {
        /// A directory or a snapshot.
        what: PathBuf,
    },
    /// Writes a bundle: the files and a configuration with which a container runtime takes them.
    Bundle {
        /// A directory or a snapshot.
        what: PathBuf,
        /// The file to write, which is not there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// For a container that you start yourself, without being root.
        #[arg(long)]
        rootless: bool,
    },
    /// Encrypts a bundle under a password. The key is one hash of it: take a long random one.
    Seal {
        /// The bundle.
        bundle: PathBuf,
        /// The file to write, which is not there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The password.
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Decrypts what `seal` encrypted.
    Open {
        /// The sealed bundle.
        sealed: PathBuf,
        /// The bundle to write, which is not there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The password.
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Where the password is.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// Reads the password from a file, or with `-` from standard input. There is no flag for the
    /// password itself, because everybody on a machine can read command lines.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub password_file: PathBuf,
}
