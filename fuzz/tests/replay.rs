//! Every input that is kept, without any fuzzer: those written by hand, the findings, and what is left
//! of each when it is cut off.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// Of one input, so that all of this takes seconds.
const CUTS: usize = 24;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The inputs of a target that hold no more, each named.
fn findings(inputs: impl IntoIterator<Item = (String, Vec<u8>)>, check: fn(&[u8])) -> Vec<String> {
    let is_finding = |bytes: &[u8]| catch_unwind(AssertUnwindSafe(|| check(bytes))).is_err();
    let found = inputs.into_iter().filter(|(_, bytes)| is_finding(bytes));
    found.map(|(name, _)| name).collect()
}

fn kept(of: &str) -> Vec<(String, Vec<u8>)> {
    let folders = ["corpus", "regressions"].map(|kind| folder(kind).join(of));
    let files = folders.iter().flat_map(|folder| entries(folder));
    files
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect()
}

#[test]
fn what_is_kept_holds() {
    for target in TARGETS {
        let inputs = kept(target.name);
        assert!(!inputs.is_empty(), "{} has no input", target.name);
        assert_eq!(findings(inputs, target.check), [""; 0]);
    }
}

#[test]
fn what_is_cut_off_holds_too() {
    for target in TARGETS {
        let cuts = kept(target.name).into_iter().flat_map(|(name, bytes)| {
            let (length, step) = (bytes.len(), bytes.len().div_ceil(CUTS).max(1));
            let cut = move |at: usize| (format!("{name}, the first {at}"), bytes[..at].to_vec());
            (0..length).step_by(step).map(cut)
        });
        assert_eq!(findings(cuts, target.check), [""; 0]);
    }
}

/// Inputs of targets that are not there any more would be tried by nobody.
#[test]
fn every_folder_of_inputs_and_every_program_is_a_targets() {
    let names = TARGETS.map(|target| target.name.to_owned()).to_vec();
    assert_eq!(
        entries(&folder("corpus"))
            .iter()
            .map(|it| name(it))
            .collect::<Vec<_>>(),
        names
    );
    for regressions in entries(&folder("regressions")) {
        assert!(
            names.contains(&name(&regressions)),
            "{}",
            regressions.display()
        );
    }
    let programs = entries(&folder("libfuzzer/fuzz_targets"));
    let programs: Vec<_> = programs.iter().map(|it| name(it)).collect();
    let expected: Vec<_> = names.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(programs, expected);
    let manifest = fs::read_to_string(folder("libfuzzer/Cargo.toml")).unwrap();
    for name in &names {
        let program =
            fs::read_to_string(folder("libfuzzer/fuzz_targets").join(format!("{name}.rs")));
        assert!(
            program
                .unwrap()
                .contains(&format!("fuzz::check(\"{name}\", data)")),
            "{name}"
        );
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}
